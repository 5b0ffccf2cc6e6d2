"""Recipe → trained network. The only room that imports Keras."""

import os

# TensorFlow uses oneDNN's convolutions only on processors with 8-bit dot products, unless told to;
# on others a step takes a sixth to a third less with them too (docs/performance.md)
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
