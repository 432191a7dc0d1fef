"""The figures, against numbers worked out by hand."""

import unittest

import numpy as np
from vong_scoreboard import board, metrics, table


class Metrics(unittest.TestCase):
    def test_a_truth_counts_once_and_the_better_score_gets_it(self):
        boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60.0]])
        right = metrics.match(boxes, np.array([0.6, 0.8, 0.9]), np.array([[0, 0, 10, 10.0]]), 0.5)
        self.assertEqual(right.tolist(), [False, True, False])

    def test_iou_of_exactly_the_limit_is_right(self):
        right = metrics.match(np.array([[0, 0, 10, 5.0]]), np.array([0.9]), np.array([[0, 0, 10, 10.0]]), 0.5)
        self.assertTrue(right[0])

    def test_average_precision_by_hand(self):
        # right, wrong, right of three truths: 1/3 · 1 + 1/3 · 2/3 = 5/9.
        value = metrics.average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 3)
        self.assertAlmostEqual(value, 5 / 9)

    def test_average_precision_without_truths_is_not_a_number_to_show(self):
        self.assertIsNone(metrics.average_precision(np.array([0.9]), np.array([False]), 0))

    def test_average_precision_without_detections_is_nought(self):
        self.assertEqual(metrics.average_precision(np.zeros(0), np.zeros(0, bool), 4), 0.0)

    def test_recall_at_one_false_alarm_of_twenty(self):
        negative = np.array([0.9, 0.5] + [0.1] * 18)
        recall, threshold = metrics.recall_at_false_alarms(np.array([0.95, 0.6, 0.5, 0.2]), negative, 0.05)
        self.assertEqual((recall, threshold), (0.5, 0.5))

    def test_with_few_negatives_none_may_alarm(self):
        recall, threshold = metrics.recall_at_false_alarms(np.array([0.9, 0.4]), np.array([0.5, 0.1]), 0.05)
        self.assertEqual((recall, threshold), (0.5, 0.5))

    def test_the_best_threshold_by_hand(self):
        # F1 after 1, 2, 3 detections of two truths: 2/3, 2·2/4 = 1, 4/5.
        scores, right = np.array([0.9, 0.6, 0.3]), np.array([True, True, False])
        self.assertEqual(metrics.best_threshold(scores, right, 2), 0.6)


class Cattle(unittest.TestCase):
    def test_cattle_are_counted_at_the_cards_threshold_where_cattle_are_labelled(self):
        box = {"class": "cattle", "box": [0, 0, 10, 10]}
        truth = lambda image, labelled, boxes: {"image": image, "source": "s", "labelled": labelled, "burning": None, "boxes": boxes}
        truths = [
            truth("cow", ["cattle"], [box]), truth("far cow", ["cattle"], [box]),
            truth("horse", ["cattle"], []), truth("street", ["car"], []),
        ]
        scores = {"cow": 0.6, "far cow": 0.2, "horse": 0.4, "street": 0.9}
        lines = {name: {"detections": [{**box, "score": score}]} for name, score in scores.items()}
        row = board.score(truths, lines, {"cattle": 0.4, "car": 0.3})
        self.assertEqual(row.cattle, (1, 2, 1, 1))
        self.assertIn("| 1 of 2 |", table.markdown([table.Column("mine", row, 1)], len(truths)))
        self.assertIsNone(board.score(truths, lines).cattle)


class Board(unittest.TestCase):
    TRUTHS = [
        {"image": "a", "source": "s", "labelled": ["car"], "burning": False, "boxes": [{"class": "car", "box": [0, 0, 10, 10]}]},
        {"image": "b", "source": "t", "labelled": ["fire"], "burning": True, "boxes": [{"class": "fire", "box": [0, 0, 10, 10]}]},
    ]

    def test_a_class_is_scored_on_sources_that_label_it_alone(self):
        car = {"class": "car", "score": 0.9, "box": [0, 0, 10, 10]}
        fire = {"class": "fire", "score": 0.8, "box": [0, 0, 10, 3]}
        lines = {
            "a": {"milliseconds": 3.0, "detections": [car]},
            # A car on a picture where nobody labelled cars is neither right nor wrong.
            "b": {"milliseconds": 5.0, "detections": [car, fire]},
        }
        row = board.score(self.TRUTHS, lines)
        self.assertEqual((row.ap50["car"], row.truths["car"]), (1.0, 1))
        self.assertEqual((row.ap50["fire"], row.ap25["fire"]), (0.0, 1.0))
        self.assertIsNone(row.ap50["smoke"])
        self.assertEqual((row.recall, row.milliseconds), (1.0, 4.0))

    def test_each_class_alarms_at_its_own_threshold(self):
        smoke = {"class": "smoke", "score": 0.4, "box": [0, 0, 10, 10]}
        fire = {"class": "fire", "score": 0.4, "box": [0, 0, 10, 10]}
        lines = {
            "a": {"milliseconds": 1.0, "detections": [smoke]},
            "b": {"milliseconds": 1.0, "detections": [fire]},
        }
        row = board.score(self.TRUTHS, lines, {"fire": 0.3, "smoke": 0.5})
        self.assertEqual((row.own_recall, row.own_alarms), (1.0, 0))
        row = board.score(self.TRUTHS, lines, {"fire": 0.5, "smoke": 0.4})
        self.assertEqual((row.own_recall, row.own_alarms), (0.0, 1))

    def test_a_model_that_knows_no_fire_has_no_recall(self):
        lines = {name: {"milliseconds": 1.0, "detections": []} for name in "ab"}
        self.assertIsNone(board.score(self.TRUTHS, lines).recall)


class Table(unittest.TestCase):
    def test_a_dash_is_a_class_that_the_model_lacks(self):
        lines = {name: {"milliseconds": 1.0, "detections": []} for name in "ab"}
        text = table.markdown([table.Column("m", board.score(Board.TRUTHS, lines), 3_900_000)], 2)
        self.assertIn("| car, 1 boxes: AP50 / AP25 | – |", text)
        self.assertIn("| file, MB | 3.90 |", text)

    def test_only_what_stands_between_the_marks_is_replaced(self):
        text = table.replace_between("before\n<!-- x -->\nold\n<!-- /x -->\nafter\n", "x", "new\n")
        self.assertEqual(text, "before\n<!-- x -->\nnew\n<!-- /x -->\nafter\n")


if __name__ == "__main__":
    unittest.main()
