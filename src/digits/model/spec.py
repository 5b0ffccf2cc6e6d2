"""Every shape, stride and alphabet of the three networks, once.

Reading, training and export import them from here; tests hold the shipped networks to them.
"""

from __future__ import annotations

CLASSES = 10
CHANNELS = 3  # of local contrast normalisation (`digits.model.inputs`): near, far, brightness

# Classifier: tiles (N, TILE, TILE) → logits (N, CLASSES). MNIST's form: LeCun et al. 1998.
TILE = 28  # pixels a side
TILE_BOX = 20  # pixels a side of the digit in it

# Detector: page (N, H, W, CHANNELS) → maps (N, H / STRIDE, W / STRIDE, MAPS): a logit for each
# digit that its centre is there, then the logarithms of the distances to the left, upper, right
# and lower side of its box, in BOX_UNIT.
DETECTOR_STRIDE = 4  # pixels
DETECTOR_SIZE_MULTIPLE = 16  # pixels: height and width of a page are multiples
DETECTOR_MAPS = CLASSES + 4
BOX_UNIT = 8.0  # pixels
MIN_DIGIT, MAX_DIGIT = 9, 52  # pixels, sizes of the digits that it learns to detect

# Recogniser: lines (N, LINE_HEIGHT, W, CHANNELS) → logits (N, W / LINE_STRIDE, TOKENS) for CTC.
LINE_HEIGHT = 48  # pixels of a line crop
LINE_DIGIT = 26  # pixels of a digit in it
LINE_STRIDE = 4  # columns a frame
LINE_SIZE_MULTIPLE = 64  # columns: the width of a batch is a multiple
MAX_LINE = 640  # columns of the longest line crop
BLANK = 0
DIGIT_TOKENS = slice(1, 11)  # token 1 + d stands for digit d
BOUNDARY = 11  # between two digits that belong to different numbers and have no sign between them
SIGNS = ".,-+=/:()%×÷$€"
SIGN_TOKENS = slice(12, 12 + len(SIGNS))  # in the order of SIGNS
LETTER = SIGN_TOKENS.stop  # any letter
TOKENS = LETTER + 1
