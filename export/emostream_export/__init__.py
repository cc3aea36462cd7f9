"""Trained networks to ONNX files that explain themselves, verified against the framework before they are written."""
