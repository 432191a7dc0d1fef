"""Scores detectors on pictures they have never seen. Needs numpy alone."""
