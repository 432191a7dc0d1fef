#!/usr/bin/env python3
"""Writes the tiny ONNX files beside it: random weights in graphs of the shape that each exporter
writes (names, ranks, open batch axis, extra outputs), for models that cannot be had as bytes.

    python3 -m pip install onnx==1.23.2 numpy
    python3 edge-agent/tests/models/make.py

Deterministic: running it again writes the same bytes. The input is 64x64, the classes are three,
as in edge-agent/src/detect/family/fixture.rs. They see nothing; they only have the right shape.
"""
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

SIDE, CLASSES, REG_MAX = 64, 3, 7
HERE = Path(__file__).parent
F32, I64 = TensorProto.FLOAT, TensorProto.INT64


class Graph:
    """A graph in the making: nodes, weights, and the dice that the weights come from."""

    def __init__(self, name, seed):
        self.name, self.dice, self.count = name, np.random.default_rng(seed), 0
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []

    def op(self, kind, inputs, to=None, **attributes):
        self.count += 1
        to = to or f"t{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [to], **attributes))
        return to

    def weight(self, array):
        self.count += 1
        name = f"w{self.count}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def random(self, *shape, scale=1.0):
        return self.weight((self.dice.standard_normal(shape) * scale).astype(np.float32))

    def shape(self, *axes):
        return self.weight(np.array(axes, dtype=np.int64))

    def picture(self, name, batch="batch", channels=3):
        self.inputs.append(helper.make_tensor_value_info(name, F32, [batch, channels, SIDE, SIDE]))
        return name

    def output(self, name, axes, kind=F32):
        self.outputs.append(helper.make_tensor_value_info(name, kind, axes))

    def cells(self, picture, stride, channels, scale=1.0, ceil=0):
        """One head: the picture's mean over each cell, mixed into `channels`: [N, channels, h, w]."""
        pooled = self.op("AveragePool", [picture], kernel_shape=[stride, stride],
                         strides=[stride, stride], ceil_mode=ceil)
        small = self.op("Mul", [pooled, self.weight(np.float32(1 / 128))])
        return self.op("Conv", [small, self.random(channels, 3, 1, 1, scale=scale),
                                self.random(channels, scale=0.5)])

    def rows(self, head, channels):
        """[N, channels, h, w] to [N, h·w, channels]."""
        flat = self.op("Reshape", [head, self.shape(0, channels, -1)])
        return self.op("Transpose", [flat], perm=[0, 2, 1])

    def write(self, file):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                                  producer_name="vong-tests")
        checker.check_model(model, full_check=True)
        save(model, HERE / file)
        print(f"{file}: {(HERE / file).stat().st_size} bytes")


def grid(graph, picture, channels, strides, **options):
    """Heads of all strides as one [N, A, channels]."""
    heads = [graph.rows(graph.cells(picture, s, channels, **options), channels) for s in strides]
    return graph.op("Concat", heads, axis=1)


def boxes_and_scores(graph, rows, head, middle=SIDE / 2, spread=SIDE / 3):
    """The first four of each row as boxes in pixels, the others through the sigmoid."""
    at = graph.op("Slice", [rows, graph.shape(0), graph.shape(4), graph.shape(2)])
    at = graph.op("Add", [graph.op("Mul", [graph.op("Tanh", [at]), graph.weight(np.float32(spread))]),
                          graph.weight(np.float32(middle))])
    rest = graph.op("Slice", [rows, graph.shape(4), graph.shape(head + CLASSES), graph.shape(2)])
    return at, graph.op("Sigmoid", [rest])


def vong():
    g = Graph("vong", 1)
    rows = grid(g, g.picture("images"), 4 + CLASSES, (8, 16, 32))
    g.op("Concat", [*boxes_and_scores(g, rows, 4)], to="detections", axis=2)
    g.output("detections", ["batch", 84, 4 + CLASSES])
    g.write("vong.onnx")


def yolox():
    g = Graph("yolox", 2)
    picture, channels = g.picture("images", batch=1), 5 + CLASSES
    heads = []
    for stride in (8, 16, 32):
        head = g.rows(g.cells(picture, stride, channels), channels)
        at = g.op("Slice", [head, g.shape(0), g.shape(4), g.shape(2)])
        rest = g.op("Slice", [head, g.shape(4), g.shape(channels), g.shape(2)])
        heads.append(g.op("Concat", [at, g.op("Sigmoid", [rest])], axis=2))
    g.op("Concat", heads, to="output", axis=1)
    g.output("output", [1, 84, channels])
    g.write("yolox.onnx")


def yolov5():
    g = Graph("yolov5", 3)
    # Three anchors a cell.
    picture, channels = g.picture("images"), 5 + CLASSES
    heads = [g.op("Reshape", [g.cells(picture, s, 3 * channels), g.shape(0, 3, channels, -1)])
             for s in (8, 16, 32)]
    heads = [g.op("Reshape", [g.op("Transpose", [h], perm=[0, 1, 3, 2]), g.shape(0, -1, channels)])
             for h in heads]
    rows = g.op("Concat", heads, axis=1)
    g.op("Concat", [*boxes_and_scores(g, rows, 5)], to="output0", axis=2)
    g.output("output0", ["batch", 252, channels])
    g.write("yolov5.onnx")


def yolov8(file, extra_heads):
    g = Graph("yolov8", 4)
    picture = g.picture("images", batch=1 if extra_heads else "batch")
    if extra_heads:
        # As some int8 exporters leave them: three raw heads beside the answer.
        for stride, name in ((8, "h8"), (16, "h16"), (32, "h32")):
            raw = g.cells(picture, stride, 64 + CLASSES)
            g.op("Reshape", [raw, g.shape(1, 64 + CLASSES, -1)], to=name)
    rows = grid(g, picture, 4 + CLASSES, (8, 16, 32))
    joined = g.op("Concat", [*boxes_and_scores(g, rows, 4)], axis=2)
    g.op("Transpose", [joined], to="output0", perm=[0, 2, 1])
    g.output("output0", [1 if extra_heads else "batch", 4 + CLASSES, 84])
    if extra_heads:
        for stride, name in ((8, "h8"), (16, "h16"), (32, "h32")):
            g.output(name, [1, 64 + CLASSES, (SIDE // stride) ** 2])
    g.write(file)


def yolov8_suppressed():
    g = Graph("yolov8", 5)
    # 16 cells stand for the 300 rows: the corners, a score, a class.
    rows = grid(g, g.picture("images"), 6, (16,))
    at = g.op("Sigmoid", [g.op("Slice", [rows, g.shape(0), g.shape(4), g.shape(2)])])
    low = g.op("Mul", [g.op("Slice", [at, g.shape(0), g.shape(2), g.shape(2)]),
                       g.weight(np.float32(SIDE / 2))])
    size = g.op("Mul", [g.op("Slice", [at, g.shape(2), g.shape(4), g.shape(2)]),
                        g.weight(np.float32(SIDE / 2))])
    score = g.op("Sigmoid", [g.op("Slice", [rows, g.shape(4), g.shape(5), g.shape(2)])])
    share = g.op("Sigmoid", [g.op("Slice", [rows, g.shape(5), g.shape(6), g.shape(2)])])
    label = g.op("Floor", [g.op("Mul", [share, g.weight(np.float32(CLASSES))])])
    g.op("Concat", [low, g.op("Add", [low, size]), score, label], to="output0", axis=2)
    g.output("output0", ["batch", 16, 6])
    g.write("yolov8-suppressed.onnx")


def nanodet():
    g = Graph("nanodet", 6)
    channels = CLASSES + 4 * (REG_MAX + 1)
    rows = grid(g, g.picture("data", batch=1), channels, (8, 16, 32, 64))
    scores = g.op("Sigmoid", [g.op("Slice", [rows, g.shape(0), g.shape(CLASSES), g.shape(2)])])
    rest = g.op("Slice", [rows, g.shape(CLASSES), g.shape(channels), g.shape(2)])
    g.op("Concat", [scores, rest], to="output", axis=2)
    g.output("output", [1, 85, channels])
    g.write("nanodet.onnx")


def nanodet_split():
    g = Graph("nanodet-split", 7)
    picture = g.picture("input.1", batch=1)
    for stride in (8, 16, 32, 64):
        a, d = (SIDE // stride) ** 2, 4 * (REG_MAX + 1)
        g.op("Sigmoid", [g.rows(g.cells(picture, stride, CLASSES), CLASSES)], to=f"cls_{stride}")
        g.op("Identity", [g.rows(g.cells(picture, stride, d), d)], to=f"dis_{stride}")
        g.output(f"cls_{stride}", [1, a, CLASSES])
        g.output(f"dis_{stride}", [1, a, d])
    g.write("nanodet-split.onnx")


def fastestdet():
    g = Graph("fastestdet", 11)
    picture = g.picture("input.1", batch=1)
    objectness = g.op("Sigmoid", [g.cells(picture, 16, 1)])
    box = g.cells(picture, 16, 4)
    shares = g.op("Softmax", [g.cells(picture, 16, CLASSES)], axis=1)
    g.op("Concat", [objectness, box, shares], to="758", axis=1)
    g.output("758", [1, 5 + CLASSES, SIDE // 16, SIDE // 16])
    g.write("fastestdet.onnx")


def queries(g, picture, channels):
    """16 queries, one a cell."""
    return g.rows(g.cells(picture, 16, channels), channels)


def detr():
    g = Graph("detr", 9)
    picture = g.picture("pixel_values")
    g.op("Identity", [queries(g, picture, CLASSES)], to="logits")
    g.op("Sigmoid", [queries(g, picture, 4)], to="pred_boxes")
    g.output("logits", ["batch", 16, CLASSES])
    g.output("pred_boxes", ["batch", 16, 4])
    g.write("detr.onnx")


def detr_nothing():
    g = Graph("detr-nothing", 10)
    picture = g.picture("input", batch=1)
    g.op("Sigmoid", [queries(g, picture, 4)], to="dets")
    g.op("Identity", [queries(g, picture, CLASSES + 1)], to="labels")
    g.output("dets", [1, 16, 4])
    g.output("labels", [1, 16, CLASSES + 1])
    g.write("detr-nothing.onnx")


def detr_finished():
    g = Graph("detr-finished", 8)
    picture = g.picture("images")
    g.inputs.append(helper.make_tensor_value_info("orig_target_sizes", I64, ["batch", 2]))
    scores = g.op("Sigmoid", [queries(g, picture, CLASSES)])
    g.op("ReduceMax", [scores], to="scores", axes=[2], keepdims=0)
    g.op("ArgMax", [scores], to="labels", axis=2, keepdims=0)
    box = g.op("Sigmoid", [queries(g, picture, 4)])
    low = g.op("Slice", [box, g.shape(0), g.shape(2), g.shape(2)])
    size = g.op("Slice", [box, g.shape(2), g.shape(4), g.shape(2)])
    corners = g.op("Concat", [low, g.op("Add", [low, size])], axis=2)
    g.nodes.append(helper.make_node("Cast", ["orig_target_sizes"], ["target"], to=F32))
    four = g.op("Unsqueeze", [g.op("Concat", ["target", "target"], axis=1), g.shape(1)])
    g.op("Mul", [corners, four], to="boxes")
    g.output("labels", ["batch", 16], I64)
    g.output("boxes", ["batch", 16, 4])
    g.output("scores", ["batch", 16])
    g.write("detr-finished.onnx")


def int8():
    """`vong` as static quantisation writes it: QuantizeLinear and DequantizeLinear pairs around the
    input, int8 weights behind a DequantizeLinear."""
    g = Graph("vong-int8", 12)
    picture = g.picture("images")

    def qdq(tensor, scale, zero, kind):
        s, z = g.weight(np.float32(scale)), g.weight(np.array(zero, dtype=kind))
        return g.op("DequantizeLinear", [g.op("QuantizeLinear", [tensor, s, z]), s, z])

    quantised = qdq(picture, 1.0, 0, np.uint8)
    heads = []
    for stride in (8, 16, 32):
        pooled = g.op("AveragePool", [quantised], kernel_shape=[stride] * 2, strides=[stride] * 2)
        small = qdq(g.op("Mul", [pooled, g.weight(np.float32(1 / 128))]), 2 / 255, 0, np.uint8)
        whole = g.weight(g.dice.integers(-127, 128, (4 + CLASSES, 3, 1, 1)).astype(np.int8))
        kernel = g.op("DequantizeLinear",
                      [whole, g.weight(np.float32(0.02)), g.weight(np.array(0, dtype=np.int8))])
        head = g.op("Conv", [small, kernel, g.random(4 + CLASSES, scale=0.5)])
        heads.append(g.rows(head, 4 + CLASSES))
    rows = g.op("Concat", heads, axis=1)
    g.op("Concat", [*boxes_and_scores(g, rows, 4)], to="detections", axis=2)
    g.output("detections", ["batch", 84, 4 + CLASSES])
    g.write("vong-int8.onnx")


def half():
    """`vong` with a 16-bit input, which the agent refuses by name."""
    g = Graph("vong-half", 14)
    g.inputs.append(helper.make_tensor_value_info("images", TensorProto.FLOAT16,
                                                  ["batch", 3, SIDE, SIDE]))
    g.nodes.append(helper.make_node("Cast", ["images"], ["wide"], to=F32))
    rows = grid(g, "wide", 4 + CLASSES, (8, 16, 32))
    g.op("Concat", [*boxes_and_scores(g, rows, 4)], to="detections", axis=2)
    g.output("detections", ["batch", 84, 4 + CLASSES])
    g.write("vong-half.onnx")


def byte_input():
    """`vong` that takes the levels as bytes, as quantised exports with the cast inside do."""
    g = Graph("vong-bytes", 1)
    g.inputs.append(helper.make_tensor_value_info("images", TensorProto.UINT8,
                                                  ["batch", 3, SIDE, SIDE]))
    g.nodes.append(helper.make_node("Cast", ["images"], ["wide"], to=F32))
    rows = grid(g, "wide", 4 + CLASSES, (8, 16, 32))
    g.op("Concat", [*boxes_and_scores(g, rows, 4)], to="detections", axis=2)
    g.output("detections", ["batch", 84, 4 + CLASSES])
    g.write("vong-bytes.onnx")


def dynamic():
    """`vong` as dynamic quantisation writes it: the scale of the activations is that of the tensor at
    hand, the whole batch's, so a picture's answer depends on its neighbours."""
    g = Graph("vong-dynamic", 15)
    picture = g.picture("images")
    heads = []
    for stride in (8, 16, 32):
        pooled = g.op("AveragePool", [picture], kernel_shape=[stride] * 2, strides=[stride] * 2)
        small = g.op("Mul", [pooled, g.weight(np.float32(1 / 128))])
        g.nodes.append(helper.make_node("DynamicQuantizeLinear", [small],
                                        [f"q{stride}", f"s{stride}", f"z{stride}"]))
        whole = g.weight(g.dice.integers(-127, 128, (4 + CLASSES, 3, 1, 1)).astype(np.int8))
        mixed = g.op("ConvInteger", [f"q{stride}", whole, f"z{stride}"])
        g.nodes.append(helper.make_node("Cast", [mixed], [f"f{stride}"], to=F32))
        scale = g.op("Mul", [f"s{stride}", g.weight(np.float32(0.02))])
        head = g.op("Add", [g.op("Mul", [f"f{stride}", scale]),
                            g.random(1, 4 + CLASSES, 1, 1, scale=0.5)])
        heads.append(g.rows(head, 4 + CLASSES))
    rows = g.op("Concat", heads, axis=1)
    g.op("Concat", [*boxes_and_scores(g, rows, 4)], to="detections", axis=2)
    g.output("detections", ["batch", 84, 4 + CLASSES])
    g.write("vong-dynamic.onnx")


def verifier():
    """The fire verifier's shape, small: four RGB crops of 16 x 16, three shares."""
    g = Graph("verifier", 13)
    g.inputs.append(helper.make_tensor_value_info("crops", F32, ["batch", 12, 16, 16]))
    small = g.op("Mul", ["crops", g.weight(np.float32(1 / 255))])
    pooled = g.op("AveragePool", [small], kernel_shape=[16, 16])
    head = g.op("Conv", [pooled, g.random(3, 12, 1, 1), g.random(3)])
    g.op("Softmax", [g.op("Reshape", [head, g.shape(0, 3)])], to="probabilities", axis=1)
    g.output("probabilities", ["batch", 3])
    g.write("verifier.onnx")


if __name__ == "__main__":
    vong()
    yolox()
    yolov5()
    yolov8("yolov8.onnx", extra_heads=False)
    yolov8("yolov8-heads.onnx", extra_heads=True)
    yolov8_suppressed()
    nanodet()
    nanodet_split()
    fastestdet()
    detr()
    detr_nothing()
    detr_finished()
    int8()
    half()
    byte_input()
    dynamic()
    verifier()
