"""Whether candidates are digits, decided for each line as a whole.

A clear digit beside others of one number is a digit even where it alone would be doubted, and a
stroke that looks like one among letters is none. So the candidates of a line form a chain, a
conditional random field (Lafferty, McCallum and Pereira 2001): each has its own log-odds, and two
that stand in one number are digits together. The marginal probabilities of the chain decide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.model.parameters import Chain


def chained(
    is_digit: NDArray[np.float64],
    same_number: NDArray[np.float64],
    parameters: Chain,
) -> NDArray[np.float64]:
    """(N,) marginal probabilities that the candidates of one line are digits.

    is_digit: (N,) of each by itself, from left to right. same_number: (N - 1,) the probability that
    one and the next belong to the same number, if both are digits.
    """
    if not len(is_digit):
        return np.zeros(0)
    kept = np.clip(is_digit, 1e-6, 1 - 1e-6)
    own = parameters.own * np.log(kept / (1 - kept)) + parameters.bias
    pair = parameters.together * same_number
    # log-sums over all states of what is to the left, and to the right, of each candidate: (N, 2)
    left, right = np.zeros((len(own), 2)), np.zeros((len(own), 2))
    for index in range(1, len(own)):
        none, digit = left[index - 1, 0], left[index - 1, 1] + own[index - 1]
        left[index] = np.logaddexp(none, digit), np.logaddexp(none, digit + pair[index - 1])
    for index in range(len(own) - 2, -1, -1):
        none, digit = right[index + 1, 0], right[index + 1, 1] + own[index + 1]
        right[index] = np.logaddexp(none, digit), np.logaddexp(none, digit + pair[index])
    odds = own + left[:, 1] + right[:, 1] - left[:, 0] - right[:, 0]
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))))
