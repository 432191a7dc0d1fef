"""YOLOX-Nano as its own demo runs it: letterboxed BGR floats in, boxes after suppression out."""
import cv2
import numpy as np
import onnxruntime

SIDE, STRIDES, SCORE, OVERLAP = 416, (8, 16, 32), 0.3, 0.5


class Yolox:
    """One model on one thread."""

    def __init__(self, file):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name
        grids, steps = [], []
        for stride in STRIDES:
            side = SIDE // stride
            x, y = np.meshgrid(np.arange(side), np.arange(side))
            grids.append(np.stack((x, y), 2).reshape(-1, 2))
            steps.append(np.full((side * side, 1), stride))
        self.grid, self.step = np.concatenate(grids), np.concatenate(steps)

    def look(self, picture):
        """Boxes (left, top, width, height), scores and classes in a picture of BGR bytes."""
        scale = min(SIDE / picture.shape[0], SIDE / picture.shape[1])
        width, height = int(picture.shape[1] * scale), int(picture.shape[0] * scale)
        tensor = np.full((SIDE, SIDE, 3), 114, np.uint8)
        tensor[:height, :width] = cv2.resize(picture, (width, height),
                                             interpolation=cv2.INTER_LINEAR)
        tensor = np.ascontiguousarray(tensor.transpose(2, 0, 1)[None], np.float32)
        rows = self.session.run(None, {self.name: tensor})[0][0]
        middle = (rows[:, :2] + self.grid) * self.step
        size = np.exp(rows[:, 2:4]) * self.step
        scores = rows[:, 4:5] * rows[:, 5:]
        best = scores.argmax(1)
        score = scores[np.arange(len(scores)), best]
        keep = score >= SCORE
        boxes = np.concatenate((middle - size / 2, size), 1)[keep] / scale
        chosen = cv2.dnn.NMSBoxesBatched(boxes.tolist(), score[keep].tolist(),
                                         best[keep].tolist(), SCORE, OVERLAP)
        chosen = np.array(chosen, dtype=int).reshape(-1)
        return boxes[chosen], score[keep][chosen], best[keep][chosen]
