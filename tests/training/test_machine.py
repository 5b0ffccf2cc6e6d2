"""What a machine computes with decides how networks are trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits.training import machine, networks
from digits.training.recipe import Network

WITHOUT = "flags\t\t: fpu sse2 avx avx2 fma bf16c\n"  # bf16c is another thing


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [
        (WITHOUT, False),
        (WITHOUT + "flags\t\t: fpu avx512f avx512_bf16 amx_tile\n", True),
        ("flags\t\t: fpu amx_bf16 amx_tile\n", True),
        ("Features\t: fp asimd i8mm bf16\n", True),
        ("", False),
        (None, False),  # a system that does not say
    ],
)
def test_processors_say_whether_they_compute_in_bfloat16(
    cpus: str | None, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cpuinfo"
    if cpus is not None:
        file.write_text(cpus)
    monkeypatch.setattr(machine, "CPUS", file)
    monkeypatch.setattr(machine, "gpu", lambda: None)
    assert machine.has_bfloat16() == expected
    monkeypatch.setattr(machine, "gpu", lambda: "some graphics processor")
    assert machine.has_bfloat16()


@pytest.mark.parametrize("able", [False, True])
def test_a_network_computes_in_16_bits_where_the_machine_does(
    able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "has_bfloat16", lambda: able)
    network = networks.build(Network("convolutional", (4, 4, 8)))
    learning = networks.in_bfloat16(network)
    kinds = {layer.compute_dtype for layer in learning.layers if layer.count_params()}
    assert ("bfloat16" in kinds) == able
    for one, other in zip(network.get_weights(), learning.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
