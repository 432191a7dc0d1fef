"""Trains the detectors that Vọng ships.

`labels` and `boxes` need numpy alone; `teacher`, `cache`, `augment` also OpenCV and ONNX
Runtime; the rest PyTorch. What measures a finished model stands in `models/evaluation`, not here.
"""
