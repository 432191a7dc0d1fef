"""What becomes of labels where animals are put into a picture."""

import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    from vong_training import pasture
except ImportError:  # OpenCV is not everywhere
    pasture = None
from vong_training.labels import CATTLE, CLASSES, Labels  # noqa: E402

CAR = CLASSES.index("car")


@unittest.skipUnless(pasture, "OpenCV is not installed")
class Relabel(unittest.TestCase):
    def covered(self, *boxes: tuple[int, int, int, int]) -> np.ndarray:
        covered = np.zeros((100, 100), np.int32)
        for number, (x1, y1, x2, y2) in enumerate(boxes, 1):
            covered[y1:y2, x1:x2] = number
        return covered

    def test_an_animal_in_the_picture_is_to_be_found_and_one_hardly_in_it_is_unknown(self) -> None:
        covered = self.covered((10, 10, 30, 30), (95, 50, 100, 70))
        herd = [(1, np.array((10, 10, 30, 30), np.float32), 400), (2, np.array((95, 50, 135, 70), np.float32), 800)]
        labels = pasture._relabel(Labels(), herd, covered)
        self.assertEqual(labels.classes.tolist(), [CATTLE])
        np.testing.assert_allclose(labels.boxes, [(10, 10, 30, 30)])
        self.assertEqual(labels.unknown_classes.tolist(), [CATTLE])
        np.testing.assert_allclose(labels.unknown, [(95, 50, 100, 70)])

    def test_an_animal_behind_another_is_judged_by_what_is_seen_of_it(self) -> None:
        covered = self.covered((10, 10, 30, 30), (14, 10, 34, 30))
        herd = [(1, np.array((10, 10, 30, 30), np.float32), 400), (2, np.array((14, 10, 34, 30), np.float32), 400)]
        labels = pasture._relabel(Labels(), herd, covered)
        np.testing.assert_allclose(labels.boxes, [(14, 10, 34, 30)])

    def test_what_an_animal_hides_is_unknown_and_the_rest_stays(self) -> None:
        before = Labels.of([((0, 0, 20, 20), CAR, 1.0), ((60, 60, 90, 90), CAR, 0.6)], [])
        labels = pasture._relabel(before, [], self.covered((0, 0, 20, 15)))
        np.testing.assert_allclose(labels.boxes, [(60, 60, 90, 90)])
        np.testing.assert_allclose(labels.scores, [0.6])
        np.testing.assert_allclose(labels.unknown, [(0, 0, 20, 20)])

    def test_without_cut_outs_a_picture_stays_as_it_is(self) -> None:
        canvas = np.full((64, 64, 3), 90, np.uint8)
        labels = Labels.of([((0, 0, 20, 20), CAR, 1.0)], [])
        same = pasture.Pasture(Path("/no/such/folder"), set()).populate(canvas, labels, np.random.default_rng(1))
        self.assertIs(same, labels)
        self.assertTrue((canvas == 90).all())


if __name__ == "__main__":
    unittest.main()
