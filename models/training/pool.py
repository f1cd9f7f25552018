"""What a training run draws from and how: resident volumes on the device, and processes that plan crops of them."""
from __future__ import annotations

import multiprocessing
import pathlib
import traceback

import numpy as np
import torch

import crops
import volumes
from prepare import POSITIVE


class Residents:
    """Real scans and phantoms on the device; phantoms may keep arriving in a folder while training runs."""

    def __init__(self, real: list[str], phantoms: str | None, device: torch.device):
        self.device = device
        self.real = [volumes.load(path, device) for path in real]
        self.folder = pathlib.Path(phantoms) if phantoms else None
        self.phantoms: list[volumes.Resident] = []
        self.named = {v.name: v for v in self.real}

    def refresh(self, most: int = 3) -> list[str]:
        """Loads up to `most` phantoms that have arrived and returns their paths."""
        if self.folder is None:
            return []
        new = [p for p in sorted(self.folder.glob("*.npz")) if p.stem.isdigit() and p.stem not in self.named][:most]
        for path in new:
            volume = volumes.load(path, self.device)
            self.phantoms.append(volume)
            self.named[volume.name] = volume
        return [str(path) for path in new]


class Planner:
    """Processes that plan batches while the device works; told of new phantoms and hard negatives as they come."""

    def __init__(self, kind: str, window: tuple[int, int, int], spacing: float, batch: int, real: list[str], luna: np.ndarray, seed: int, real_share: float, workers: int):
        context = multiprocessing.get_context("fork")
        self.batches = context.Queue(4)
        self.news = [context.Queue() for _ in range(workers)]
        half = np.array(window) * spacing / 2
        self.processes = [
            context.Process(target=_plan, args=(kind, half, batch, real, luna, seed + 1000 * n, real_share, self.news[n], self.batches), daemon=True) for n in range(workers)
        ]
        for process in self.processes:
            process.start()

    def tell(self, message: tuple) -> None:
        for news in self.news:
            news.put(message)

    def next(self, residents: Residents) -> list[crops.Spec]:
        item = self.batches.get(timeout=120)
        if isinstance(item, str):
            raise RuntimeError(f"a planning process failed:\n{item}")
        return [crops.Spec(residents.named[name], centre, matrix, recipes) for name, centre, matrix, recipes in item]

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join()


def _plan(kind: str, half: np.ndarray, batch: int, real: list[str], luna: np.ndarray, seed: int, real_share: float, news, batches) -> None:
    try:
        draws = Draws(real, luna, seed, real_share, half)
        draw = draws.detector if kind == "detector" else draws.classifier
        while True:
            while not news.empty() or not draws.named:
                what, *rest = news.get()
                if what == "phantom":
                    draws.add(rest[0])
                else:
                    draws.named[rest[0]].hard = rest[1]
            batches.put([(s.volume.name, s.centre, s.matrix, s.recipes) for s in (draw() for _ in range(batch))])
    except Exception:
        batches.put(traceback.format_exc())


class Draws:
    """Chooses crops; knows positions only, no voxels."""

    def __init__(self, real: list[str], luna: np.ndarray, seed: int, real_share: float, half: np.ndarray):
        self.luna, self.half, self.real_share = luna, half, real_share
        self.rng = np.random.default_rng(seed)
        self.real = [volumes.load(path, None) for path in real]
        size = np.array([v.mask.sum() * v.spacing.prod() for v in self.real])
        self.weight = size / size.sum() if len(size) else size
        self.phantoms: list[volumes.Resident] = []
        self.named = {v.name: v for v in self.real}

    def add(self, path: str) -> None:
        volume = volumes.load(path, None)
        self.phantoms.append(volume)
        self.named[volume.name] = volume

    def choose(self) -> volumes.Resident:
        """Real scans have `real_share` of the draws, each weighted by the size of its lungs."""
        rng = self.rng
        if self.real and (not self.phantoms or rng.random() < self.real_share):
            return self.real[rng.choice(len(self.real), p=self.weight)]
        return self.phantoms[rng.integers(len(self.phantoms))]

    def is_real(self, volume: volumes.Resident) -> bool:
        return any(volume is v for v in self.real)

    def detector(self) -> crops.Spec:
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
        centre = centre + matrix @ (rng.uniform(-0.6, 0.6, 3) * self.half)
        wanted = rng.integers(1, 5) if self.is_real(volume) and rng.random() < 0.75 else rng.integers(0, 3)
        return crops.plan(volume, centre, matrix, self.half, int(wanted), rng, self.luna)

    def classifier(self) -> crops.Spec:
        """Half nodules (synthetic or known) a little off the middle, half places where the detector was wrong."""
        rng, volume = self.rng, self.choose()
        matrix = volumes.random_transform(rng)
        jitter = matrix @ np.clip(rng.normal(0, 0.9, 3), -2.5, 2.5)
        draw = rng.random()
        positive = np.flatnonzero(volume.status == POSITIVE)
        if draw < 0.2 and len(positive):
            centre = volume.centre[rng.choice(positive)] + jitter
            return crops.plan(volume, centre, matrix, self.half, 0, rng, self.luna)
        if draw < 0.5:
            group = volume.points[rng.choice(["lung", "pleura", "vessel", "dense"], p=[0.4, 0.3, 0.15, 0.15])]
            centre = group[rng.integers(len(group))]
            return crops.plan(volume, centre, matrix, self.half, int(rng.integers(1, 3)), rng, self.luna, at_middle=True)
        if draw < 0.9 and len(volume.hard):
            centre = volume.hard[min(len(volume.hard) - 1, int(rng.exponential(len(volume.hard) / 2.5)))] + jitter
        else:
            group = volume.points[rng.choice(["vessel", "dense", "pleura"])]
            centre = group[rng.integers(len(group))]
        return crops.plan(volume, centre, matrix, self.half, int(rng.random() < 0.15), rng, self.luna)
