"""Geometry, against numbers worked out by hand."""

import unittest

import numpy as np
from vong_training import boxes


class Boxes(unittest.TestCase):
    def test_yolo_boxes_become_corners_and_stay_in_the_picture(self):
        self.assertEqual(boxes.from_yolo([0.5, 0.5, 0.5, 0.25], 200, 100), (50.0, 37.5, 150.0, 62.5))
        self.assertEqual(boxes.from_yolo([0.1, 0.5, 0.4, 1.0], 100, 100)[0], 0.0)

    def test_iou_of_two_squares_that_share_a_quarter(self):
        first, second = np.array([[0, 0, 10, 10.0]]), np.array([[5, 5, 15, 15], [20, 20, 30, 30.0]])
        np.testing.assert_allclose(boxes.iou(first, second), [[25 / 175, 0]])

    def test_suppression_keeps_the_best_and_the_distant(self):
        found = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60.0]])
        self.assertEqual(boxes.nms(found, np.array([0.5, 0.9, 0.2]), 0.5).tolist(), [1, 2])

    def test_a_letterbox_truncates_as_the_agent_does(self):
        self.assertEqual(boxes.letterbox_scale(640, 480, 320), (0.5, 320, 240))
        # 333 · 320/500 = 213.12
        self.assertEqual(boxes.letterbox_scale(500, 333, 320)[1:], (320, 213))
        self.assertEqual(boxes.letterbox_scale(10_000, 3, 320)[1:], (320, 1))

    def test_a_cut_box_says_how_much_is_left(self):
        cut, share = boxes.clip(np.array([[-10, 0, 10, 10.0]]), 0, 0, 100, 100)
        self.assertEqual(cut.tolist(), [[0, 0, 10, 10]])
        self.assertEqual(share.tolist(), [0.5])

    def test_the_verifiers_square_is_shifted_into_the_picture(self):
        # 1.5 · 40 around (60, 30).
        self.assertEqual(boxes.square(np.array([40, 20, 80, 40.0]), 200, 100), (30, 0, 60))
        self.assertEqual(boxes.square(np.array([190, 90, 200, 100.0]), 200, 100), (168, 68, 32))
        self.assertEqual(boxes.square(np.array([0, 0, 200, 100.0]), 200, 100), (50, 0, 100))


if __name__ == "__main__":
    unittest.main()
