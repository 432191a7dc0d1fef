"""What the network is paid for: task-aligned assignment, quality focal loss, GIoU.

Three things differ from the textbook. An unknown class in an area costs nothing there. A
pseudo-label asks for no more score than its teacher gave. And the best score of a whole picture for
fire and for smoke is judged against whether there is any, because a rule acts on the picture's best.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .labels import FIRE, SMOKE
from .model import decode

TOP = 9  # places a box may claim
REACH = 1.0  # strides by which a small box is widened when it looks for places
BOX_WEIGHT, PICTURE_WEIGHT = 2.0, 0.15
#: Least quality asked of the best place of a box. Fire and smoke have no exact edge, so their
#: score says whether, not how exactly.
FLOOR, VAGUE_FLOOR = 0.3, 0.7


@dataclass
class Targets:
    """A batch's labels, padded to the same count: boxes [N, M, 4], the rest [N, M]."""

    boxes: Tensor
    classes: Tensor
    scores: Tensor  # 0 where it is padding
    unknown: Tensor  # [N, K, 4]
    unknown_classes: Tensor  # [N, K], -1 where it is padding


def detection_loss(raw: Tensor, targets: Targets, middles: Tensor, strides: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, and its parts for the log."""
    raw = raw.float()
    boxes, logits = decode(raw[..., :4], middles, strides), raw[..., 4:]
    with torch.no_grad():
        owner, quality = assign(boxes, logits.sigmoid(), targets, middles, strides)
        blind = blindness(targets, middles, logits.shape[-1])
    wanted = torch.zeros_like(logits)
    chosen = owner >= 0
    names = targets.classes.gather(1, owner.clamp(min=0))
    wanted.scatter_(2, names[..., None], torch.where(chosen, quality, 0.0)[..., None])
    total = wanted.sum().clamp(min=1.0)

    # Quality focal loss, counted nowhere where the class is unknown and nothing is asked.
    weight = (logits.sigmoid() - wanted).square() * (~blind | (wanted > 0))
    class_loss = (F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * weight).sum() / total

    mine = targets.boxes.gather(1, owner.clamp(min=0)[..., None].expand(-1, -1, 4))[chosen]
    box_loss = ((1 - giou(boxes[chosen], mine)) * quality[chosen]).sum() / total

    picture_loss = _picture_loss(logits, targets, blind)
    loss = class_loss + BOX_WEIGHT * box_loss + PICTURE_WEIGHT * picture_loss
    return loss, {"class": class_loss.item(), "box": box_loss.item(), "picture": picture_loss.item()}


def assign(boxes: Tensor, scores: Tensor, targets: Targets, middles: Tensor, strides: Tensor) -> tuple[Tensor, Tensor]:
    """For each place the index of the box it must find, or -1, and the score it should have."""
    real = targets.scores > 0
    if targets.boxes.shape[1] == 0:
        return torch.full(boxes.shape[:2], -1, dtype=torch.long, device=boxes.device), boxes.new_zeros(boxes.shape[:2])
    # A small box must not fall between the places: it looks around itself.
    low, high = targets.boxes[..., None, :2], targets.boxes[..., None, 2:]
    centre, half = (low + high) / 2, (high - low) / 2
    inside = ((middles - centre).abs() < torch.maximum(half, REACH * strides)).all(-1) & real[..., None]
    overlap = pairwise_iou(targets.boxes, boxes) * inside
    claimed = scores.transpose(1, 2).gather(1, targets.classes[..., None].expand(-1, -1, boxes.shape[1]))
    # The small addend orders places by nearness while nothing overlaps yet.
    nearness = torch.exp(-(middles - centre).square().sum(-1).sqrt() / (strides.squeeze(-1) * 4)) * inside
    metric = claimed.sqrt() * overlap.pow(4) + 1e-6 * nearness
    best, index = metric.topk(TOP, dim=2)
    selected = torch.zeros_like(inside).scatter_(2, index, best > 0) & inside
    metric = metric * selected
    # A place claimed twice goes to the box that it covers best.
    winner = (overlap * selected + 1e-6 * metric).argmax(1)
    selected &= F.one_hot(winner, selected.shape[1]).transpose(1, 2).bool()
    metric = metric * selected
    vague = (targets.classes == FIRE) | (targets.classes == SMOKE)
    floor = torch.where(vague, VAGUE_FLOOR, FLOOR)[..., None]
    top_overlap = (overlap * selected).amax(2, keepdim=True)
    relative = metric / metric.amax(2, keepdim=True).clamp(min=1e-12)
    quality = relative * torch.maximum(top_overlap, floor) * targets.scores[..., None] * selected
    value, owner = quality.max(1)
    return torch.where(selected.any(1), owner, -1), value


def blindness(targets: Targets, middles: Tensor, classes: int) -> Tensor:
    """Where which class is unknown: [N, places, classes]."""
    area = targets.unknown[:, :, None]
    inside = ((middles >= area[..., :2]) & (middles <= area[..., 2:])).all(-1)
    kinds = F.one_hot(targets.unknown_classes.clamp(min=0), classes) * (targets.unknown_classes >= 0)[..., None]
    return torch.einsum("nkp,nkc->npc", inside.float(), kinds.float()) > 0


def _picture_loss(logits: Tensor, targets: Targets, blind: Tensor) -> Tensor:
    losses = []
    for name in (FIRE, SMOKE):
        there = ((targets.classes == name) & (targets.scores > 0)).any(1)
        best = logits[..., name].masked_fill(blind[..., name] & ~there[:, None], -20).amax(1)
        judged = there | ~blind[..., name].any(1)
        losses.append((F.binary_cross_entropy_with_logits(best, there.float(), reduction="none") * judged).mean())
    return torch.stack(losses).sum()


def pairwise_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of [N, M, 4] with [N, P, 4]: [N, M, P]."""
    low = torch.maximum(first[:, :, None, :2], second[:, None, :, :2])
    high = torch.minimum(first[:, :, None, 2:], second[:, None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    area = lambda boxes: (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)
    return shared / (area(first)[:, :, None] + area(second)[:, None] - shared).clamp(min=1e-6)


def giou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised IoU of boxes in pairs: [n, 4] with [n, 4]."""
    area = lambda boxes: (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
    shared = (torch.minimum(first[:, 2:], second[:, 2:]) - torch.maximum(first[:, :2], second[:, :2])).clamp(min=0).prod(1)
    union = (area(first) + area(second) - shared).clamp(min=1e-6)
    hull = (torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])).prod(1).clamp(min=1e-6)
    return shared / union - (hull - union) / hull
