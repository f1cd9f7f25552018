"""Linear operators along one axis, one matrix per sample: blur, sharpening, slice thickness. All batched."""
from __future__ import annotations

import math

import torch


def gaussian(size: int, sigma: torch.Tensor) -> torch.Tensor:
    """Rows of normalised gaussians, [batch, size, size]; sigma in voxels [batch]."""
    at = torch.arange(size, device=sigma.device, dtype=torch.float32)
    weight = torch.exp(-((at[None, :, None] - at[None, None, :]) ** 2) / (2 * sigma.clamp_min(1e-3)[:, None, None] ** 2))
    return weight / weight.sum(-1, keepdim=True)


def slices(size: int, spacing: float, thickness: torch.Tensor, step: torch.Tensor, phase: torch.Tensor, least_step: float) -> torch.Tensor:
    """What a scan of thick slices, resampled linearly back to the grid, makes of a line of voxels: [batch, size, size].

    `thickness` is the full width at half maximum of the slice profile and `step` the distance between slices, mm;
    `phase` in [0, 1) says where the first slice lies; no step is under `least_step`.
    """
    at = (torch.arange(size, device=thickness.device, dtype=torch.float32) * spacing)[None]
    count = math.ceil(size * spacing / least_step) + 2
    position = (torch.arange(count, device=thickness.device)[None] - phase[:, None]) * step[:, None]
    sigma = (thickness / 2.355).clamp_min(0.2 * spacing)
    weight = torch.exp(-((position[:, :, None] - at[:, None, :]) ** 2) / (2 * sigma[:, None, None] ** 2)) + 1e-9
    collect = weight / weight.sum(-1, keepdim=True)
    spread = (1 - (at[:, :, None] - position[:, None, :]).abs() / step[:, None, None]).clamp_min(0)
    spread = spread / spread.sum(-1, keepdim=True).clamp_min(1e-6)
    return torch.bmm(spread, collect)


def apply(volume: torch.Tensor, matrix: torch.Tensor, axis: int) -> torch.Tensor:
    """Applies a [batch, n, n] matrix along axis 0, 1 or 2 (z, y, x) of a [batch, z, y, x] volume."""
    moved = volume.movedim(axis + 1, 1)
    shape = moved.shape
    out = torch.bmm(matrix, moved.reshape(shape[0], shape[1], -1))
    return out.reshape(shape).movedim(1, axis + 1)


def smooth(volume: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Isotropic gaussian blur, sigma in voxels [batch]."""
    for axis in range(3):
        volume = apply(volume, gaussian(volume.shape[axis + 1], sigma), axis)
    return volume
