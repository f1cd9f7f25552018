"""Targets and losses of both networks."""
from __future__ import annotations

import torch
import torch.nn.functional as F

from crops import Batch
from networks import STRIDE
from prepare import IGNORED, POSITIVE


def cell_centres(shape: tuple[int, int, int], spacing: float, device: torch.device) -> torch.Tensor:
    """Centres of the heatmap's cells in mm from the window's middle, [cells, 3] in order z, y, x."""
    lines = [((torch.arange(n, device=device) + 0.5) * STRIDE - 0.5 - (n * STRIDE - 1) / 2) * spacing for n in shape]
    return torch.stack(torch.meshgrid(*lines, indexing="ij"), -1).reshape(-1, 3)


def detector_loss(outputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor], batch: Batch, spacing: float) -> dict[str, torch.Tensor]:
    """Penalty-reduced focal loss on the heatmap, L1 on offset and log diameter at the cells near a nodule's centre."""
    heat, offset, size = (o.float() for o in outputs)
    count = heat.shape[0]
    shape = tuple(heat.shape[2:])
    logits = heat.reshape(count, -1)
    cells = cell_centres(shape, spacing, heat.device)
    to_centre = batch.centre[:, :, None, :] - cells[None, None]
    distance = to_centre.norm(dim=-1)
    positive = (batch.status == POSITIVE)[:, :, None]
    radius = (batch.diameter / 2)[:, :, None]
    sigma = (batch.diameter / 5).clamp(1.6, 4.0)[:, :, None]
    target = (torch.exp(-(distance**2) / (2 * sigma**2)) * positive).amax(1)
    nearest = distance.argmin(-1)
    peak = torch.zeros_like(target).scatter_add(1, nearest, positive[:, :, 0].float()).clamp_max(1)
    target = torch.maximum(target.clamp_max(0.98), peak)
    skip = ((batch.status == IGNORED)[:, :, None] & (distance < radius + 4)).any(1) & (peak < 1)
    near = (positive & (distance < 3.4)).any(1) & (peak < 1)
    weight = torch.where(skip, 0.0, torch.where(near, 0.1, 1.0))
    probability = torch.sigmoid(logits)
    found = -F.logsigmoid(logits) * (1 - probability) ** 2 * (peak == 1)
    spurious = -F.logsigmoid(-logits) * probability**2 * (1 - target) ** 4 * (peak < 1) * weight
    total = peak.sum().clamp_min(1)
    owner = torch.where(positive, distance / radius.clamp_min(2), torch.full_like(distance, 1e6)).argmin(1)
    pick = owner[:, None, :]
    mine = torch.gather(distance, 1, pick)[:, 0]
    active = ((torch.gather(positive.expand_as(distance), 1, pick)[:, 0]) & (mine < 4.5)).float()
    toward = torch.gather(to_centre, 1, pick[..., None].expand(-1, -1, -1, 3))[:, 0]
    log_size = torch.log(torch.gather(batch.diameter, 1, owner))
    norm = active.sum().clamp_min(1)
    shift = ((offset.reshape(count, 3, -1).transpose(1, 2) - toward).abs().mean(-1) * active).sum() / norm
    scale = ((size.reshape(count, -1) - log_size).abs() * active).sum() / norm
    return {"found": found.sum() / total, "spurious": spurious.sum() / total, "offset": 0.3 * shift, "size": 0.5 * scale}


def classifier_targets(batch: Batch) -> dict[str, torch.Tensor]:
    """What each patch shows at its middle: label 1, 0 or -1 (not used), type and log diameter (-1 and NaN where unknown)."""
    distance = batch.centre.norm(dim=-1)
    reach = (batch.diameter / 2).clamp_min(2.5)
    at = (distance < reach) & (batch.status == POSITIVE)
    doubtful = (distance < reach + 4) & (batch.status != -1) & ~at
    first = torch.where(at, distance, torch.full_like(distance, 1e6)).argmin(1, keepdim=True)
    label = torch.where(at.any(1), 1, torch.where(doubtful.any(1), -1, 0))
    gather = lambda values: torch.gather(values, 1, first)[:, 0]
    return {
        "label": label,
        "kind": torch.where(label == 1, gather(batch.kind), -1),
        "size": torch.log(gather(batch.diameter)),
        "synthetic": gather(batch.synthetic) & (label == 1),
    }


def classifier_loss(outputs: tuple[torch.Tensor, ...], batch: Batch, target: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Cross-entropy on nodule and type, L1 on log diameter, Dice and cross-entropy on the lesion where it is known exactly."""
    answer, kind, size, lesion = (o.float() for o in outputs)
    label = target["label"]
    used = (label >= 0).float()
    nodule = (F.binary_cross_entropy_with_logits(answer[:, 0], (label == 1).float(), reduction="none") * used).sum() / used.sum().clamp_min(1)
    typed = (target["kind"] >= 0).float()
    types = (F.cross_entropy(kind, target["kind"].clamp_min(0), reduction="none") * typed).sum() / typed.sum().clamp_min(1)
    yes = (label == 1).float()
    sizes = ((size[:, 0] - target["size"]).abs() * yes).sum() / yes.sum().clamp_min(1)
    known = target["synthetic"].float()
    wanted = (batch.lesion > 0.5).float()
    mask = torch.sigmoid(lesion[:, 0])
    dice = 1 - (2 * (mask * wanted).sum((1, 2, 3)) + 1) / (mask.sum((1, 2, 3)) + wanted.sum((1, 2, 3)) + 1)
    border = F.binary_cross_entropy_with_logits(lesion[:, 0], wanted, reduction="none").mean((1, 2, 3))
    shape = ((dice + border) * known).sum() / known.sum().clamp_min(1)
    return {"nodule": nodule, "type": 0.3 * types, "size": 0.5 * sizes, "lesion": 0.5 * shape}
