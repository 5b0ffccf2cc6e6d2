"""Picture → Reading, on NumPy, OpenCV and ONNX Runtime alone."""
