"""Batches of augmented crops with their labels: sampled from resident volumes, with synthetic nodules blended in."""
from __future__ import annotations

import dataclasses

import numpy as np
import torch

import nodules
import operators
import volumes
from prepare import IGNORED, POSITIVE

@dataclasses.dataclass
class Spec:
    """What one crop will be, decided on the CPU."""

    volume: volumes.Resident
    centre: np.ndarray
    matrix: np.ndarray
    recipes: list[nodules.Recipe]


@dataclasses.dataclass
class Batch:
    """HU [b, z, y, x]; nodules padded to the most of any crop: centre mm from the middle, diameter, status (-1 where absent), type.

    `lesion` [b, z, y, x] is the coverage by synthetic nodules; `synthetic` [b, n] says which nodules are such.
    """

    hu: torch.Tensor
    centre: torch.Tensor
    diameter: torch.Tensor
    status: torch.Tensor
    kind: torch.Tensor
    lesion: torch.Tensor
    synthetic: torch.Tensor


def known(volume: volumes.Resident, centre: np.ndarray, matrix: np.ndarray, half: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The volume's own nodules inside a crop: centre, diameter (both in crop mm), status, type."""
    at = (volume.centre - centre) @ np.linalg.inv(matrix).T
    inside = np.all(np.abs(at) < half + margin, axis=1)
    scale = np.cbrt(abs(np.linalg.det(matrix)))
    return at[inside], volume.diameter[inside] / scale, volume.status[inside], volume.kind[inside]


def plan(volume: volumes.Resident, centre: np.ndarray, matrix: np.ndarray, half: np.ndarray, wanted: int, rng: np.random.Generator, luna: np.ndarray, at_middle: bool = False) -> Spec:
    """Chooses where synthetic nodules go: lung, pleura, vessels or dense regions, apart from each other and from known ones."""
    taken, width, _, _ = known(volume, centre, matrix, half, 8.0)
    occupied = [(p, w / 2) for p, w in zip(taken, width)]
    recipes: list[nodules.Recipe] = []
    inverse = np.linalg.inv(matrix).T
    for number in range(wanted):
        group = volume.points[rng.choice(["lung", "pleura", "vessel", "dense"], p=[0.45, 0.25, 0.15, 0.15])]
        options = (group[rng.integers(0, len(group), 600)] - centre) @ inverse
        if at_middle and number == 0:
            options = rng.uniform(-1.0, 1.0, (8, 3))
        options = options[np.all(np.abs(options) < half - 2, axis=1)]
        recipe = nodules.draw(rng, np.zeros(3), luna)
        radius = recipe.diameter / 2
        for position in options[:12]:
            if at_middle and number == 0 or all(np.linalg.norm(position - p) > radius + r + 3 for p, r in occupied):
                recipes.append(dataclasses.replace(recipe, centre=position))
                occupied.append((position, radius))
                break
    return Spec(volume, centre, matrix, recipes)


class Builder:
    """Makes batches for one window size and spacing."""

    def __init__(self, window: tuple[int, int, int], spacing: float, device: torch.device, seed: int):
        self.window, self.spacing, self.device = window, spacing, device
        self.offsets = volumes.axes(window, spacing, device)
        self.reach = volumes.reach(window, spacing)
        self.half = np.array(window) * spacing / 2
        self.rng = np.random.default_rng(seed)

    def batch(self, specs: list[Spec], augment: bool = True) -> Batch:
        hu = volumes.sample([s.volume for s in specs], [s.centre for s in specs], [s.matrix for s in specs], self.offsets, self.reach)
        batch, owner, slot = self._labels(hu, specs)
        if owner:
            self._insert(batch, specs, owner, slot)
        small = (batch.status == POSITIVE) & (batch.diameter < 2.6)
        batch.status = torch.where(small, IGNORED, batch.status)
        if augment:
            batch.hu = self._augment(batch.hu)
        return batch

    def _labels(self, hu: torch.Tensor, specs: list[Spec]) -> tuple[Batch, list[int], list[int]]:
        """Labels of known and synthetic nodules; of the latter, size and status are set once they are rendered."""
        rows = [known(s.volume, s.centre, s.matrix, self.half, 0.0) for s in specs]
        width = max(1, max(len(r[0]) + len(s.recipes) for r, s in zip(rows, specs)))
        centre = np.zeros((len(specs), width, 3), np.float32)
        diameter = np.ones((len(specs), width), np.float32)
        status = np.full((len(specs), width), -1, np.int64)
        kind = np.full((len(specs), width), -1, np.int64)
        made = np.zeros((len(specs), width), bool)
        owner: list[int] = []
        slot: list[int] = []
        for i, ((p, d, s, k), spec) in enumerate(zip(rows, specs)):
            n = len(p)
            centre[i, :n], diameter[i, :n], status[i, :n], kind[i, :n] = p, d, s, k
            for recipe in spec.recipes:
                centre[i, n], kind[i, n], status[i, n], made[i, n] = recipe.centre, recipe.kind, POSITIVE, True
                owner.append(i)
                slot.append(n)
                n += 1
        to = lambda a: torch.from_numpy(a).to(self.device, non_blocking=True)
        return Batch(hu, to(centre), to(diameter), to(status), to(kind), torch.zeros_like(hu), to(made)), owner, slot

    def _insert(self, batch: Batch, specs: list[Spec], owner: list[int], slot: list[int]) -> None:
        hu, size = batch.hu, batch.hu.shape[1]
        recipes = [r for s in specs for r in s.recipes]
        put = lambda values: volumes.put(values, self.device)
        of = np.array(owner)
        rows = torch.from_numpy(of).to(self.device, non_blocking=True)
        psf = self.rng.uniform(0.4, 0.7, len(specs))
        body, solid, extent, diameters = nodules.render(recipes, self.device, put(psf[of]))
        centres = put([r.centre for r in recipes])
        body = nodules.place(body, centres, extent, self.offsets)
        solid = nodules.place(solid, centres, extent, self.offsets)
        # The scan's own slices have averaged over their thickness: the nodule must have been averaged too.
        source = np.array([s.volume.spacing[0] for s in specs])
        along = np.array([s.matrix[0, 0] for s in specs])
        thick = source / np.abs(along) > 1.2 * self.spacing
        step = np.where(thick, source / np.abs(along), self.spacing)
        first = (-np.array([s.centre[0] for s in specs])) / along + (size - 1) / 2 * self.spacing
        phase = np.where(thick, -(first / step) % 1.0, 0.0)
        matrix = operators.slices(size, self.spacing, put(np.where(thick, step, 0.0)[of]), put(step[of]), put(phase[of]), float(step.min()))
        body, solid = operators.apply(body, matrix, 0), operators.apply(solid, matrix, 0)
        low = operators.smooth(hu, torch.full((len(specs),), 1.3 / self.spacing, device=self.device))
        target, core = put([r.hu for r in recipes]), put([r.core_hu for r in recipes])
        under = low[rows]
        delta = body * (target[:, None, None, None] - under).clamp_min(0)
        delta = delta + solid * (core[:, None, None, None] - under - delta).clamp_min(0)
        wish = (body * (target + 870).clamp_min(100)[:, None, None, None]).sum((1, 2, 3))
        seen = delta.sum((1, 2, 3)) / wish.clamp_min(1)
        total = torch.zeros_like(hu)
        for number, i in enumerate(owner):
            total[i] = torch.maximum(total[i], delta[number])
            batch.lesion[i] = torch.maximum(batch.lesion[i], body[number])
        batch.hu = hu + total
        columns = torch.tensor(slot).to(self.device, non_blocking=True)
        batch.diameter[rows, columns] = diameters
        batch.status[rows, columns] = torch.where((seen > 0.35) & (diameters >= 3), POSITIVE, IGNORED)

    def _augment(self, hu: torch.Tensor) -> torch.Tensor:
        """Dose, slice thickness, kernel and density, each as it would come from the scanner."""
        count, rng = len(hu), self.rng
        put = lambda values: volumes.put(values, self.device)
        noise = torch.randn_like(hu)
        noise = operators.smooth(noise, put(rng.uniform(0.35, 0.9, count)))
        noise = noise / noise.flatten(1).std(1)[:, None, None, None]
        hu = hu + noise * put(np.where(rng.random(count) < 0.6, rng.gamma(1.5, 14.0, count), 0.0))[:, None, None, None]
        thick = rng.random(count) < 0.5
        thickness = np.where(thick, rng.uniform(0.6, 5.0, count), 0.0)
        step = np.where(thick, np.maximum(self.spacing, thickness * rng.choice([0.5, 0.8, 1.0], count)), self.spacing)
        phase = np.where(thick, rng.random(count), 0.0)
        hu = operators.apply(hu, operators.slices(hu.shape[1], self.spacing, put(thickness), put(step), put(phase), float(step.min())), 0)
        kind = rng.random(count)
        amount = np.where(kind < 0.3, rng.uniform(0.3, 1.0, count), np.where(kind < 0.5, rng.uniform(0.5, 0.9, count), 0.01))
        blurred = hu
        for axis in (1, 2):
            blurred = operators.apply(blurred, operators.gaussian(hu.shape[axis + 1], put(amount)), axis)
        sharpen = put(np.where((kind >= 0.3) & (kind < 0.5), rng.uniform(0.4, 1.5, count), -1.0))[:, None, None, None]
        hu = hu + sharpen * (hu - blurred)
        # Contrast medium and calibration: soft tissue moves against lung.
        gain = put(np.where(rng.random(count) < 0.4, rng.uniform(0.7, 1.6, count), 1.0))[:, None, None, None]
        hu = torch.where(hu > 0, hu * gain, hu)
        return hu * put(rng.uniform(0.97, 1.03, count))[:, None, None, None] + put(rng.normal(0, 12, count))[:, None, None, None]


def normalise(hu: torch.Tensor, clip: tuple[float, float]) -> torch.Tensor:
    """HU to the networks' input: clipped, then mapped to [-1, 1]; adds the channel axis."""
    low, high = clip
    return ((hu.clamp(low, high) - low) / (high - low) * 2 - 1)[:, None]
