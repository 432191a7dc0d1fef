"""What may be learnt as background, and what moves with a picture."""

import unittest

import numpy as np
from vong_training.labels import CLASSES, FIRE, SMOKE, Labels, join, transform
from vong_training.sources import Picture, blind_classes, is_held_out, merge

PERSON, CAR, LARGE = (CLASSES.index(name) for name in ("person", "car", "large_vehicle"))


def picture(source: str, scene: str = "a:1") -> Picture:
    return Picture("a/images/b.jpg", source, scene, 100, 50)


class Merging(unittest.TestCase):
    def test_the_teacher_fills_a_class_that_the_source_does_not_label(self):
        labels = merge(picture("openimages_vehicles"), [], [((0, 0, 10, 20), PERSON, 0.6)], {CAR})
        self.assertEqual(labels.classes.tolist(), [PERSON])
        self.assertAlmostEqual(float(labels.scores[0]), 0.6, places=6)

    def test_an_unsure_teacher_makes_an_area_unknown_and_a_silent_one_nothing(self):
        teacher = [((0, 0, 10, 20), PERSON, 0.3), ((50, 0, 60, 20), PERSON, 0.1)]
        labels = merge(picture("openimages_vehicles"), [], teacher, {CAR})
        self.assertEqual(len(labels.boxes), 0)
        self.assertEqual(labels.unknown.tolist(), [[0, 0, 10, 20]])

    def test_a_sure_teacher_against_a_complete_source_makes_the_area_unknown(self):
        labels = merge(picture("fsd_highway_id"), [], [((0, 0, 10, 20), CAR, 0.9)], {CAR})
        self.assertEqual((len(labels.boxes), labels.unknown_classes.tolist()), (0, [CAR]))

    def test_a_person_knows_better_which_kind_of_vehicle_it_is(self):
        human, teacher = [((0, 0, 40, 20), LARGE, 1.0)], [((1, 0, 40, 20), CAR, 0.9)]
        labels = merge(picture("openimages_vehicles"), human, teacher, {CAR, LARGE})
        self.assertEqual((labels.classes.tolist(), len(labels.unknown)), ([LARGE], 0))

    def test_smoke_is_unknown_where_a_source_boxes_fire_only(self):
        labels = merge(picture("firedet_rzosn"), [((0, 0, 9, 9), FIRE, 1.0)], [], {FIRE})
        self.assertEqual(labels.unknown.tolist(), [[0, 0, 100, 50]])
        self.assertEqual(labels.unknown_classes.tolist(), [SMOKE])

    def test_blind_classes_by_source(self):
        self.assertEqual(blind_classes("fsd_highway_id", {CAR}, set()), set())
        self.assertEqual(blind_classes("firedet_rzosn", {FIRE}, set()), set())
        self.assertEqual(blind_classes("fire8_dev", {FIRE, SMOKE}, {SMOKE}), {FIRE})
        self.assertEqual(blind_classes("fire8_dev", {FIRE, SMOKE}, {SMOKE, FIRE}), set())


class Splitting(unittest.TestCase):
    def test_a_scene_is_on_one_side_whole_and_for_good(self):
        self.assertEqual(is_held_out(picture("x", "a:1")), is_held_out(picture("y", "a:1")))
        share = sum(is_held_out(picture("x", f"x:{n}")) for n in range(4000)) / 4000
        self.assertAlmostEqual(share, 0.15, delta=0.02)

    def test_every_tenth_drawn_scene_is_held_out(self):
        self.assertTrue(is_held_out(picture("rendered", "rendered:00019")))
        self.assertFalse(is_held_out(picture("rendered", "rendered:00020")))


class Moving(unittest.TestCase):
    def test_boxes_scale_shift_and_mirror(self):
        labels = Labels.of([((10, 10, 30, 20), CAR, 1.0)], [])
        moved = transform(labels, np.array([[-2.0, 0, 100], [0, 2, 5]]), (0, 0, 100, 100))
        self.assertEqual(moved.boxes.tolist(), [[40, 25, 80, 45]])

    def test_what_is_hardly_left_becomes_unknown_and_what_is_gone_is_gone(self):
        labels = Labels.of([((0, 0, 100, 100), CAR, 1.0), ((200, 0, 300, 100), CAR, 1.0)], [])
        moved = transform(labels, np.array([[1.0, 0, 0], [0, 1, 0]]), (0, 0, 20, 100))
        self.assertEqual((len(moved.boxes), moved.unknown.tolist()), (0, [[0, 0, 20, 100]]))

    def test_a_box_of_few_pixels_becomes_unknown(self):
        labels = Labels.of([((0, 0, 10, 10), CAR, 1.0)], [])
        moved = transform(labels, np.array([[0.3, 0, 0], [0, 0.3, 0]]), (0, 0, 50, 50))
        self.assertEqual((len(moved.boxes), len(moved.unknown)), (0, 1))

    def test_labels_of_a_mosaic_are_joined(self):
        part = Labels.of([((0, 0, 1, 1), CAR, 1.0)], [((0, 0, 2, 2), FIRE)])
        both = join([part, Labels(), part])
        self.assertEqual((both.classes.tolist(), both.unknown_classes.tolist()), ([CAR, CAR], [FIRE, FIRE]))


if __name__ == "__main__":
    unittest.main()
