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
    hu: torch.Tensor | None
    """[1, 1, z, y, x], half on a GPU, float on a CPU; None where only positions are needed."""
    spacing: np.ndarray
    points: dict[str, np.ndarray]
    centre: np.ndarray
    diameter: np.ndarray
    status: np.ndarray
    kind: np.ndarray
    sure: np.ndarray
    origin: np.ndarray
    mask: np.ndarray
    shape: tuple[int, ...]
    hard: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """False peaks of the current network, where negatives are drawn more often."""


def load(path: str | pathlib.Path, device: torch.device | None) -> Resident:
    """Reads a training volume; without a device, all but its voxels."""
    data = np.load(path)
    hu = None
    shape = tuple(int(n) for n in data["shape"])
    if device is not None:
        dtype = torch.float16 if device.type == "cuda" else torch.float32
        hu = (torch.from_numpy(data["hu8"]).to(device).to(torch.float32) * 8 - 1024).to(dtype)[None, None]
    return Resident(
        name=pathlib.Path(path).stem,
        hu=hu,
        spacing=data["spacing"],
        points={k[7:]: data[k] for k in data.files if k.startswith("points_")},
        centre=data["centre"].reshape(-1, 3),
        diameter=data["diameter"],
        status=data["status"],
        kind=data["kind"],
        sure=data["sure"],
        origin=data["origin"],
        mask=np.unpackbits(data["mask"], count=int(np.prod(shape))).reshape(shape).astype(bool),
        shape=shape,
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


@dataclasses.dataclass
class Cut:
    """The box of a scan that a crop touches, and the map from crop mm to that box's normalised coordinates."""

    low: np.ndarray
    high: np.ndarray
    map: np.ndarray
    """[3, 4]: normalised = map[:, :3] @ offset + map[:, 3], order z, y, x."""


def cut(volume: Resident, centre: np.ndarray, matrix: np.ndarray, reach: np.ndarray) -> Cut:
    """Plans sampling at centre + matrix @ offset, where no offset exceeds `reach` mm along its axis.

    Only that box is converted to float, since half-precision coordinates would be off by whole voxels.
    """
    shape = np.array(volume.shape)
    middle = centre / volume.spacing
    extent = np.abs(matrix) @ reach / volume.spacing
    low = np.clip(np.floor(middle - extent) - 1, 0, shape - 2).astype(int)
    high = np.minimum(np.maximum(np.ceil(middle + extent) + 2, low + 2), shape).astype(int)
    half = (high - low - 1) / 2
    return Cut(low, high, np.column_stack([matrix / (volume.spacing * half)[:, None], (middle - low) / half - 1]))


def sample(volumes: list[Resident], centres: list[np.ndarray], matrices: list[np.ndarray], offsets: torch.Tensor, reach: np.ndarray) -> torch.Tensor:
    """Crops of several scans, trilinear, [n, z, y, x] float HU; -1000 outside the scan."""
    cuts = [cut(v, c, m, reach) for v, c, m in zip(volumes, centres, matrices)]
    maps = put(np.stack([c.map for c in cuts]), offsets.device)
    crops = []
    for volume, where, to in zip(volumes, cuts, maps):
        (z0, y0, x0), (z1, y1, x1) = where.low, where.high
        part = volume.hu[:, :, z0:z1, y0:y1, x0:x1].float() + 1000
        grid = (offsets @ to[:, :3].T + to[:, 3]).flip(-1)[None]
        crops.append(F.grid_sample(part, grid, mode="bilinear", padding_mode="zeros", align_corners=True)[0, 0])
    return torch.stack(crops) - 1000


def put(values: np.ndarray | list, device: torch.device) -> torch.Tensor:
    """A float tensor on the device, without waiting for work queued there."""
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(device, non_blocking=True)


def reach(window: tuple[int, int, int], spacing: float) -> np.ndarray:
    """The largest offset of `axes(window, spacing)` along each axis, mm."""
    return (np.array(window) - 1) / 2 * spacing
