"""The volumes a training run draws from, and how it draws crops."""
from __future__ import annotations

import pathlib

import numpy as np
import torch

import crops
import volumes
from prepare import POSITIVE


class Pool:
    """Real scans and phantoms; phantoms may keep arriving in a folder while training runs."""

    def __init__(self, real: list[str], phantoms: str | None, luna: np.ndarray, device: torch.device, seed: int, real_share: float = 0.65):
        self.device = device
        self.luna = luna
        self.rng = np.random.default_rng(seed)
        self.real = [volumes.load(path, device) for path in real]
        self.folder = pathlib.Path(phantoms) if phantoms else None
        self.phantoms: list[volumes.Resident] = []
        self.names: set[str] = set()
        self.real_share = real_share

    def refresh(self, most: int = 3) -> None:
        """Loads up to `most` phantoms that have arrived."""
        if self.folder is None:
            return
        new = [p for p in sorted(self.folder.glob("*.npz")) if p.stem.isdigit() and p.name not in self.names][:most]
        for path in new:
            self.names.add(path.name)
            self.phantoms.append(volumes.load(path, self.device))

    def all(self) -> list[volumes.Resident]:
        return self.real + self.phantoms

    def choose(self) -> volumes.Resident:
        """Real scans have `real_share` of the draws, each weighted by the size of its lungs."""
        rng = self.rng
        if self.real and (not self.phantoms or rng.random() < self.real_share):
            size = np.array([v.mask.sum() * v.spacing.prod() for v in self.real])
            return self.real[rng.choice(len(self.real), p=size / size.sum())]
        return self.phantoms[rng.integers(len(self.phantoms))]

    def is_real(self, volume: volumes.Resident) -> bool:
        return any(volume is v for v in self.real)

    def detector_spec(self, builder: crops.Builder) -> crops.Spec:
        """A crop about a hard negative, a known nodule or anywhere in the lung; most real crops get synthetic nodules."""
        rng, volume = self.rng, self.choose()
        matrix = volumes.random_transform(rng)
        draw = rng.random()
        if draw < 0.4 and len(volume.hard):
            centre = volume.hard[rng.integers(len(volume.hard))]
        elif draw < 0.65 and (volume.status == POSITIVE).any():
            centre = volume.centre[rng.choice(np.flatnonzero(volume.status == POSITIVE))]
        else:
            group = volume.points[rng.choice(["lung", "pleura", "dense"])]
            centre = group[rng.integers(len(group))]
        centre = centre + matrix @ (rng.uniform(-0.6, 0.6, 3) * builder.half)
        wanted = rng.integers(1, 5) if self.is_real(volume) and rng.random() < 0.75 else rng.integers(0, 3)
        return crops.plan(volume, centre, matrix, builder.half, int(wanted), rng, self.luna)

    def classifier_spec(self, builder: crops.Builder) -> crops.Spec:
        """Half nodules (synthetic or known) a little off the middle, half places where the detector was wrong."""
        rng, volume = self.rng, self.choose()
        matrix = volumes.random_transform(rng)
        jitter = matrix @ np.clip(rng.normal(0, 0.9, 3), -2.5, 2.5)
        draw = rng.random()
        positive = np.flatnonzero(volume.status == POSITIVE)
        if draw < 0.2 and len(positive):
            centre = volume.centre[rng.choice(positive)] + jitter
            return crops.plan(volume, centre, matrix, builder.half, 0, rng, self.luna)
        if draw < 0.5:
            group = volume.points[rng.choice(["lung", "pleura", "vessel", "dense"], p=[0.4, 0.3, 0.15, 0.15])]
            centre = group[rng.integers(len(group))]
            return crops.plan(volume, centre, matrix, builder.half, int(rng.integers(1, 3)), rng, self.luna, at_middle=True)
        if draw < 0.9 and len(volume.hard):
            centre = volume.hard[min(len(volume.hard) - 1, int(rng.exponential(len(volume.hard) / 2.5)))] + jitter
        else:
            group = volume.points[rng.choice(["vessel", "dense", "pleura"])]
            centre = group[rng.integers(len(group))]
        return crops.plan(volume, centre, matrix, builder.half, int(rng.random() < 0.15), rng, self.luna)
