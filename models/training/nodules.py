"""Synthetic nodules, rendered in batches on the device and blended into real or synthetic lungs."""
from __future__ import annotations

import csv
import dataclasses

import numpy as np
import torch
import torch.nn.functional as F

import operators
import volumes
from prepare import TYPES

BUMPS = 28
PATCH = 52


@dataclasses.dataclass
class Recipe:
    """One nodule: centre mm from the crop's middle (z, y, x), size, type and shape parameters."""

    centre: np.ndarray
    diameter: float
    kind: int
    hu: float
    core_hu: float
    core: np.ndarray
    """Solid core as z, y, x offset and radius, all in units of the nodule's radius; radius 0 for none."""
    axes: np.ndarray
    """3x3: crop mm to the unit frame of the ellipsoid."""
    bumps: np.ndarray
    """[BUMPS, 5]: direction, height in units of the radius, sharpness."""
    rim: float
    """Softness of the margin, mm."""


def luna_diameters(path: str | None) -> np.ndarray:
    """Diameters of the LUNA16 reference standard, mm; a fixed log-normal with its median where the table is absent."""
    if path is None:
        return np.exp(np.random.default_rng(0).normal(np.log(6.4), 0.5, 2000)).clip(3.2, 32)
    with open(path, newline="") as file:
        return np.array([float(r["diameter_mm"]) for r in csv.DictReader(file)])


def draw(rng: np.random.Generator, centre: np.ndarray, luna: np.ndarray, largest: float = 34.0) -> Recipe:
    """A nodule with size, type and margin drawn from what is seen in practice, small ones more often."""
    if rng.random() < 0.6:
        diameter = float(np.exp(rng.uniform(np.log(3.2), np.log(10.0))))
    else:
        diameter = float(rng.choice(luna)) * float(np.exp(rng.normal(0, 0.1)))
    diameter = float(np.clip(diameter, 3.0, largest))
    kind = int(rng.choice(4, p=[0.62, 0.12, 0.16, 0.10]))
    if kind in (1, 2):
        diameter = max(diameter, 4.5 if kind == 2 else 6.0)
    hu = {0: rng.normal(25, 40), 1: rng.uniform(-700, -350), 2: rng.uniform(-720, -380), 3: rng.uniform(180, 900)}[kind]
    if kind == 0 and diameter < 6 and rng.random() < 0.3:
        hu -= rng.uniform(0, 300)
    core = np.zeros(4)
    if kind == 1:
        radius = rng.uniform(0.3, 0.75)
        core = np.append(_direction(rng) * rng.uniform(0, 1 - radius) * 0.9, radius)
    elif kind == 3 and rng.random() < 0.4:
        # Central calcification in a soft nodule.
        core = np.append(_direction(rng) * rng.uniform(0, 0.2), rng.uniform(0.45, 0.8))
    core_hu = hu if kind == 3 else rng.normal(10, 40)
    if kind == 3 and core[3] > 0:
        hu = rng.normal(30, 30)
    stretch = np.exp(rng.normal(0, 0.16, 3))
    stretch /= np.cbrt(stretch.prod())
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    bumps = np.zeros((BUMPS, 5))
    bumps[:, 0] = 1
    bumps[:, 4] = 1
    style = rng.choice(["smooth", "lobulated", "spiculated"], p=[0.5, 0.32, 0.18])
    number = {"smooth": rng.integers(2, 5), "lobulated": rng.integers(4, 10), "spiculated": rng.integers(8, BUMPS)}[style]
    for row in range(int(number)):
        if style == "spiculated" and row > 3:
            bumps[row] = np.append(_direction(rng), [rng.uniform(0.25, 1.0), rng.uniform(25, 90)])
        else:
            height = rng.uniform(-0.08, 0.12) if style == "smooth" else rng.uniform(-0.2, 0.4)
            bumps[row] = np.append(_direction(rng), [height, rng.uniform(2, 7)])
    return Recipe(centre, diameter, kind, float(hu), float(core_hu), core, (rotation / stretch).T, bumps, float(rng.choice([0.0, rng.uniform(0.3, 1.5)])))


def _direction(rng: np.random.Generator) -> np.ndarray:
    v = rng.normal(size=3)
    return v / (np.linalg.norm(v) + 1e-9)


def render(recipes: list[Recipe], device: torch.device, psf: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Coverage of body and core, [n, z, y, x] each; half extent of the patch in mm [n]; diameter on the largest axial section, mm [n].

    `psf` is the standard deviation of the point-spread function in mm [n].
    """

    def tensor(name: str) -> torch.Tensor:
        return volumes.put([getattr(r, name) for r in recipes], device)

    radius, bumps, core = tensor("diameter") / 2, tensor("bumps"), tensor("core")
    extent = radius * 1.75 + 3.5
    step = 2 * extent / (PATCH - 1)
    line = torch.linspace(-1, 1, PATCH, device=device)
    unit = torch.stack(torch.meshgrid(line, line, line, indexing="ij"), -1).reshape(1, -1, 3)
    at = torch.bmm(unit * (extent / radius)[:, None, None], tensor("axes").transpose(1, 2))
    norm = at.norm(dim=-1).clamp_min(1e-4)
    toward = at / norm[..., None]
    surface = torch.ones_like(norm)
    for row in range(BUMPS):
        direction, height, sharp = bumps[:, row, :3], bumps[:, row, 3], bumps[:, row, 4]
        if not any(r.bumps[row, 3] for r in recipes):
            continue
        cosine = torch.bmm(toward, direction[:, :, None])[..., 0]
        surface = surface + height[:, None] * torch.exp(sharp[:, None] * (cosine - 1))
    shape = (len(recipes), PATCH, PATCH, PATCH)
    depth = (surface - norm) * radius[:, None] / step[:, None]
    body = (depth + 0.5).clamp(0, 1).reshape(shape)
    area = (body.sum((2, 3)) * step[:, None] ** 2).amax(1)
    body = operators.smooth(body, torch.sqrt(psf**2 + tensor("rim") ** 2) / step)
    away = (at - core[:, None, :3]).norm(dim=-1)
    solid = ((core[:, None, 3] - away) * (radius / step)[:, None] + 0.5).clamp(0, 1) * (core[:, None, 3] > 0)
    solid = operators.smooth(solid.reshape(shape), psf / step)
    return body, solid, extent, 2 * torch.sqrt(area / np.pi)


def place(patches: torch.Tensor, centres: torch.Tensor, extent: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Samples patches [n, p, p, p] into windows whose voxels lie at `offsets` [z, y, x, 3] mm: [n, z, y, x]."""
    grid = (offsets[None] - centres[:, None, None, None, :]) / extent[:, None, None, None, None]
    return F.grid_sample(patches[:, None], grid.flip(-1), mode="bilinear", padding_mode="zeros", align_corners=True)[:, 0]


__all__ = ["PATCH", "Recipe", "TYPES", "draw", "luna_diameters", "place", "render"]
