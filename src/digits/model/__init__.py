"""Tiles → probabilities: the trained networks, opened and asked with ONNX Runtime alone."""
