"""The starter's network: plain 3×3 convolutions with few channels, an FPN-PAN neck, three scales.

Full convolutions on purpose. Depthwise ones save multiplications that a CPU's vector units do for
nothing, and cost memory traffic that they do not.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STRIDES = (8, 16, 32)
#: Channels at strides 2, 4, 8, 16, 32; blocks at strides 4 to 32; channels of neck and head.
WIDTHS, DEPTHS, NECK = (16, 32, 64, 96, 128), (1, 2, 2, 1), 64


class Conv(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.03, eps=1e-3),
            nn.ReLU(inplace=True),
        )


class Stage(nn.Module):
    """Cross-stage partial: half of the channels go through `depth` residual blocks, half around them."""

    def __init__(self, inputs: int, outputs: int, depth: int, residual: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.through, self.around = Conv(inputs, half, 1), Conv(inputs, half, 1)
        self.blocks = nn.ModuleList(nn.Sequential(Conv(half, half), Conv(half, half)) for _ in range(depth))
        self.out = Conv(2 * half, outputs, 1)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.through(x)
        for block in self.blocks:
            y = y + block(y) if self.residual else block(y)
        return self.out(torch.cat([y, self.around(x)], 1))


class Context(nn.Module):
    """Three nested max-poolings side by side: how the whole picture looks, at every place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze, self.out = Conv(channels, channels // 2, 1), Conv(channels * 2, channels, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.squeeze(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.out(torch.cat(parts, 1))


class Head(nn.Module):
    """Boxes and classes of one scale: 4 + classes raw channels."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.shared = Conv(channels, channels)
        self.box_branch, self.class_branch = Conv(channels, channels // 2), Conv(channels, channels * 3 // 4)
        self.box, self.classes = nn.Conv2d(channels // 2, 4, 1), nn.Conv2d(channels * 3 // 4, classes, 1)
        # A picture has a few objects among 2,100 places: start from there.
        nn.init.constant_(self.classes.bias, -4.6)
        nn.init.constant_(self.box.bias, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.shared(x)
        return torch.cat([self.box(self.box_branch(x)), self.classes(self.class_branch(x))], 1)


class Starter(nn.Module):
    """RGB levels 0 to 255 in; raw distances and class logits [N, places, 4 + classes] out."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        w = WIDTHS
        self.stem = Conv(3, w[0], 3, 2)
        self.down = nn.ModuleList(Conv(a, b, 3, 2) for a, b in zip(w, w[1:]))
        self.stages = nn.ModuleList(Stage(c, c, depth) for c, depth in zip(w[1:], DEPTHS))
        self.context = Context(w[4])
        self.lateral = nn.ModuleList(Conv(c, NECK, 1) for c in w[2:])
        self.top_down = nn.ModuleList(Stage(2 * NECK, NECK, 1, residual=False) for _ in range(2))
        self.shrink = nn.ModuleList(Conv(NECK, NECK, 3, 2) for _ in range(2))
        self.bottom_up = nn.ModuleList(Stage(2 * NECK, NECK, 1, residual=False) for _ in range(2))
        self.heads = nn.ModuleList(Head(NECK, classes) for _ in STRIDES)
        self.upsample = nn.Upsample(scale_factor=2.0, mode="nearest")

    def forward(self, picture: Tensor) -> Tensor:
        x = self.stem(picture * (1 / 255))
        levels = []
        for down, stage in zip(self.down, self.stages):
            x = stage(down(x))
            levels.append(x)
        fine, middle, coarse = levels[1], levels[2], self.context(levels[3])
        fine, middle, coarse = (lateral(x) for lateral, x in zip(self.lateral, (fine, middle, coarse)))
        middle = self.top_down[0](torch.cat([middle, self.upsample(coarse)], 1))
        fine = self.top_down[1](torch.cat([fine, self.upsample(middle)], 1))
        middle = self.bottom_up[0](torch.cat([middle, self.shrink[0](fine)], 1))
        coarse = self.bottom_up[1](torch.cat([coarse, self.shrink[1](middle)], 1))
        raw = [head(x).flatten(2) for head, x in zip(self.heads, (fine, middle, coarse))]
        return torch.cat(raw, 2).transpose(1, 2)


def places(height: int, width: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Middles [places, 2] in input pixels and strides [places, 1] of all predictions, finest first."""
    middles, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride, device=device), torch.arange(width // stride, device=device), indexing="ij"
        )
        middles.append((torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((len(middles[-1]), 1), float(stride), device=device))
    return torch.cat(middles), torch.cat(strides)


def decode(raw: Tensor, middles: Tensor, strides: Tensor) -> Tensor:
    """Raw distances [..., places, 4] to corners x1 y1 x2 y2 in input pixels."""
    distances = raw.clamp(-4, 5).exp() * strides
    return torch.cat([middles - distances[..., :2], middles + distances[..., 2:]], -1)
