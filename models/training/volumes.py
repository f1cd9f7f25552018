"""Training volumes that stay on the device, and random crops from them."""
from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import torch
import torch.nn.functional as F


@dataclasses.dataclass
class Resident:
    """One training volume on the device. Positions are mm from voxel 0, order z, y, x."""

    name: str
    hu: torch.Tensor
    """[1, 1, z, y, x], half on a GPU, float on a CPU."""
    spacing: np.ndarray
    points: dict[str, np.ndarray]
    centre: np.ndarray
    diameter: np.ndarray
    status: np.ndarray
    kind: np.ndarray
    origin: np.ndarray
    mask: np.ndarray
    hard: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """False peaks of the current network, where negatives are drawn more often."""


def load(path: str | pathlib.Path, device: torch.device) -> Resident:
    data = np.load(path)
    hu8 = torch.from_numpy(data["hu8"]).to(device)
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    shape = data["hu8"].shape
    return Resident(
        name=pathlib.Path(path).stem,
        hu=(hu8.to(torch.float32) * 8 - 1024).to(dtype)[None, None],
        spacing=data["spacing"],
        points={k[7:]: data[k] for k in data.files if k.startswith("points_")},
        centre=data["centre"].reshape(-1, 3),
        diameter=data["diameter"],
        status=data["status"],
        kind=data["kind"],
        origin=data["origin"],
        mask=np.unpackbits(data["mask"], count=int(np.prod(shape))).reshape(shape).astype(bool),
    )


def random_transform(rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """3x3 matrix from crop mm to scan mm: scale 0.8 to 1.25, in-plane quarter turns and flips, a small free rotation.

    Left-right and front-back flips are allowed in-plane; head and feet change places in one crop of three.
    """
    scale = np.exp(rng.uniform(np.log(0.8), np.log(1.25)) * strength)
    flip = np.diag(np.where(rng.random(3) < [0.33, 0.5, 0.5], -1.0, 1.0))
    quarter = np.eye(3)
    if rng.random() < 0.5:
        quarter = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)
    angle = rng.uniform(-0.35, 0.35) * strength
    tilt = rng.uniform(-0.12, 0.12) * strength
    in_plane = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    about_x = np.array([[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    return scale * (in_plane @ about_x @ quarter @ flip)


def axes(window: tuple[int, int, int], spacing: float, device: torch.device) -> torch.Tensor:
    """Offsets in mm of each voxel of a window from the window's middle, [z, y, x, 3] in order z, y, x."""
    lines = [(torch.arange(n, device=device, dtype=torch.float32) - (n - 1) / 2) * spacing for n in window]
    return torch.stack(torch.meshgrid(*lines, indexing="ij"), -1)


def sample(volume: Resident, centre: np.ndarray, matrix: np.ndarray, offsets: torch.Tensor, reach: np.ndarray) -> torch.Tensor:
    """HU at centre + matrix @ offset, trilinear, [z, y, x] float; -1000 outside the scan.

    `reach` is the largest offset along each axis, mm. Only the part of the scan that the crop touches is
    converted to float, since half-precision coordinates would be off by whole voxels.
    """
    device = volume.hu.device
    shape = np.array(volume.hu.shape[2:])
    middle = centre / volume.spacing
    extent = np.abs(matrix) @ reach / volume.spacing
    low = np.clip(np.floor(middle - extent) - 1, 0, shape - 2).astype(int)
    high = np.clip(np.ceil(middle + extent) + 2, low + 2, shape).astype(int)
    part = volume.hu[:, :, low[0] : high[0], low[1] : high[1], low[2] : high[2]].float()
    half = torch.tensor((high - low - 1) / 2, device=device, dtype=torch.float32)
    to_index = torch.tensor(matrix / volume.spacing[:, None], device=device, dtype=torch.float32)
    start = torch.tensor(middle - low, device=device, dtype=torch.float32)
    grid = ((offsets @ to_index.T + start) / half - 1).flip(-1)[None]
    out = F.grid_sample(part + 1000, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    return out[0, 0] - 1000


def reach(window: tuple[int, int, int], spacing: float) -> np.ndarray:
    """The largest offset of `axes(window, spacing)` along each axis, mm."""
    return (np.array(window) - 1) / 2 * spacing
