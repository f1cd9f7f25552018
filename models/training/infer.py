"""Running the networks over whole scans, as the service does: windows over the lungs' box, peaks, second look."""
from __future__ import annotations

import dataclasses

import numpy as np
import torch
from scipy import ndimage

import volumes
from crops import normalise
from losses import cell_centres
from networks import STRIDE

SPACING = 1.0
WINDOW = (96, 96, 96)
OVERLAP = 16
CLIP = (-1000.0, 400.0)
PATCH = (40, 40, 40)
PATCH_SPACING = 0.8
PATCH_CLIP = (-1000.0, 600.0)
NMS_RADIUS = 5.0
MASK_MARGIN = 10.0
"""Candidates further than this from the lung mask are dropped, mm."""


@dataclasses.dataclass
class Candidates:
    """Where nodules may be: centre mm from voxel 0 (z, y, x), detector score, diameter mm; classifier outputs once it has looked."""

    centre: np.ndarray
    score: np.ndarray
    diameter: np.ndarray
    second: np.ndarray | None = None
    kind: np.ndarray | None = None


def tiles(low: float, high: float, window: int, overlap: int) -> list[tuple[float, bool, bool]]:
    """Window starts that cover [low, high] in steps of window - overlap; says which windows are first and last."""
    count = max(1, int(np.ceil((high - low - overlap) / (window - overlap))))
    return [(low + i * (window - overlap), i == 0, i == count - 1) for i in range(count)]


@torch.no_grad()
def detect(network: torch.nn.Module, volume: volumes.Resident, threshold: float, window: tuple[int, int, int] = WINDOW, batch: int = 8, most: int = 400, margin: float = 6.0) -> Candidates:
    """Peaks of the heatmap over the lungs' box, non-maximum suppression within NMS_RADIUS mm."""
    network.eval()
    device = volume.hu.device
    where = np.nonzero(volume.mask)
    low = np.array([w.min() for w in where]) * volume.spacing - margin
    high = np.array([w.max() for w in where]) * volume.spacing + margin
    offsets, reach = volumes.axes(window, SPACING, device), volumes.reach(window, SPACING)
    half = np.array(window) / 2 - 0.5
    lines = [tiles(low[a], high[a], window[a], OVERLAP) for a in range(3)]
    starts = [(z, y, x) for z in lines[0] for y in lines[1] for x in lines[2]]
    coarse = volume.mask[::4, ::8, ::8]
    coarse_mm = np.stack(np.nonzero(coarse), 1) * np.array([4, 8, 8]) * volume.spacing
    starts = [s for s in starts if _touches(coarse_mm, np.array([a[0] for a in s]), np.array(window))]
    cells = cell_centres(tuple(n // STRIDE for n in window), SPACING, device)
    found: list[np.ndarray] = []
    for begin in range(0, len(starts), batch):
        group = starts[begin : begin + batch]
        middles = [np.array([a[0] for a in s]) + half for s in group]
        hu = volumes.sample([volume] * len(middles), middles, [np.eye(3)] * len(middles), offsets, reach)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            heat, offset, size = network(normalise(hu, CLIP))
        heat = torch.sigmoid(heat.float())
        peak = (heat == torch.nn.functional.max_pool3d(heat, 3, 1, 1)) & (heat >= threshold)
        for i, (start, middle) in enumerate(zip(group, middles)):
            index = torch.nonzero(peak[i, 0].reshape(-1))[:, 0]
            at = cells[index]
            inside = torch.ones(len(index), dtype=torch.bool, device=device)
            for axis in range(3):
                edge = window[axis] / 2 - OVERLAP / 2
                if not start[axis][1]:
                    inside &= at[:, axis] >= -edge
                if not start[axis][2]:
                    inside &= at[:, axis] < edge
            index = index[inside]
            flat = lambda t: t[i].float().reshape(t.shape[1], -1)[:, index]
            centre = (cells[index] + flat(offset).T).cpu().numpy() + middle
            found.append(np.column_stack([centre, flat(heat)[0].cpu().numpy(), np.exp(flat(size)[0].cpu().numpy())]))
    rows = np.concatenate(found) if found else np.zeros((0, 5))
    rows = rows[outside(volume, rows[:, :3]) <= MASK_MARGIN]
    rows = rows[np.argsort(-rows[:, 3])]
    rows = rows[suppress(rows[:, :3], most)]
    return Candidates(rows[:, :3].reshape(-1, 3), rows[:, 3], rows[:, 4])


def outside(volume: volumes.Resident, points: np.ndarray) -> np.ndarray:
    """Distance of points from the lung mask in mm, 0 inside; to about 3 mm."""
    steps = np.maximum(1, np.round(3.0 / volume.spacing)).astype(int)
    coarse = volume.mask[:: steps[0], :: steps[1], :: steps[2]]
    away = ndimage.distance_transform_edt(~coarse, sampling=volume.spacing * steps)
    index = np.clip(np.round(points / (volume.spacing * steps)).astype(int), 0, np.array(coarse.shape) - 1)
    return away[index[:, 0], index[:, 1], index[:, 2]]


def suppress(centres: np.ndarray, most: int) -> list[int]:
    """Indices of the centres, best first, that lie no closer than NMS_RADIUS to a better one."""
    keep: list[int] = []
    for i in range(len(centres)):
        if not keep or np.linalg.norm(centres[keep] - centres[i], axis=1).min() >= NMS_RADIUS:
            keep.append(i)
            if len(keep) == most:
                break
    return keep


def _touches(points: np.ndarray, start: np.ndarray, window: np.ndarray) -> bool:
    return bool(np.all((points >= start) & (points < start + window), axis=1).any())


@torch.no_grad()
def second_look(network: torch.nn.Module, volume: volumes.Resident, candidates: Candidates, batch: int = 32) -> Candidates:
    """The classifier's logit, type and diameter for each candidate."""
    network.eval()
    device = volume.hu.device
    offsets, reach = volumes.axes(PATCH, PATCH_SPACING, device), volumes.reach(PATCH, PATCH_SPACING)
    answers, kinds, sizes = [], [], []
    for begin in range(0, len(candidates.centre), batch):
        group = list(candidates.centre[begin : begin + batch])
        hu = volumes.sample([volume] * len(group), group, [np.eye(3)] * len(group), offsets, reach)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            answer, kind, size, _ = network(normalise(hu, PATCH_CLIP))
        answers.append(answer[:, 0].float().cpu().numpy())
        kinds.append(kind.float().argmax(1).cpu().numpy())
        sizes.append(np.exp(size[:, 0].float().cpu().numpy()))
    join = lambda parts: np.concatenate(parts) if parts else np.zeros(0)
    return dataclasses.replace(candidates, second=join(answers), kind=join(kinds), diameter=join(sizes) if sizes else candidates.diameter)
