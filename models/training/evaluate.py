"""Figures of a trained pair of networks on volumes they were not trained on."""
from __future__ import annotations

import dataclasses

import numpy as np
import torch

import crops
import froc
import infer
import volumes
from prepare import IGNORED, POSITIVE


def logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def scores(found: infer.Candidates, rule: str) -> np.ndarray:
    """Final score of each candidate: 'detector', 'classifier' or 'product' of the two probabilities."""
    if rule == "detector" or found.second is None:
        return found.score
    second = 1 / (1 + np.exp(-found.second))
    return second if rule == "classifier" else second * found.score


def analyse(detector: torch.nn.Module, classifier: torch.nn.Module | None, volume: volumes.Resident, window: tuple[int, int, int], threshold: float = 0.02, most: int = 150) -> infer.Candidates:
    found = infer.detect(detector, volume, threshold, window=window, most=most)
    return found if classifier is None else infer.second_look(classifier, volume, found)


def inserted(volume: volumes.Resident, count: int, rng: np.random.Generator, luna: np.ndarray) -> volumes.Resident:
    """A copy of a scan at 1 mm with `count` synthetic nodules: what a held-out background looks like with known truth."""
    device = volume.hu.device
    where = np.nonzero(volume.mask)
    low = np.array([w.min() for w in where]) * volume.spacing - 8
    high = np.array([w.max() for w in where]) * volume.spacing + 8
    window = tuple(int(n) for n in np.ceil((high - low) / infer.SPACING))
    centre = (low + high) / 2
    builder = crops.Builder(window, infer.SPACING, device, int(rng.integers(1 << 31)))
    batch = builder.batch([crops.plan(volume, centre, np.eye(3), builder.half, count, rng, luna)], augment=False)
    middle = (np.array(window) - 1) / 2 * infer.SPACING
    real = batch.status[0] >= 0
    status = batch.status[0][real].cpu().numpy()
    made = batch.synthetic[0][real].cpu().numpy()
    offsets = volumes.axes(window, infer.SPACING, torch.device("cpu")).numpy()
    index = np.clip(np.round((offsets + centre) / volume.spacing).astype(int), 0, np.array(volume.mask.shape) - 1)
    return volumes.Resident(
        name=f"{volume.name}-inserted",
        hu=batch.hu[None].to(volume.hu.dtype),
        spacing=np.ones(3),
        points={},
        centre=batch.centre[0][real].cpu().numpy() + middle,
        diameter=batch.diameter[0][real].cpu().numpy(),
        # The scan's own nodules count neither way here.
        status=np.where(made, status, IGNORED),
        kind=batch.kind[0][real].cpu().numpy(),
        sure=made,
        origin=volume.origin + low,
        mask=volume.mask[index[..., 0], index[..., 1], index[..., 2]],
        shape=window,
    )


def report(pairs: list[tuple[volumes.Resident, infer.Candidates]], least: float = 3.0) -> dict[str, object]:
    """FROC of each scoring rule over several volumes; nodules under `least` mm are ignored."""
    out: dict[str, object] = {}
    for rule in ("detector", "classifier", "product"):
        if rule != "detector" and pairs and pairs[0][1].second is None:
            continue
        scans = []
        for volume, found in pairs:
            status = np.where(volume.diameter >= least, volume.status, IGNORED)
            scans.append(froc.match(found.centre, scores(found, rule), volume.centre, volume.diameter, status))
        out[rule] = froc.curve(scans)
    return out


def diameter_error(pairs: list[tuple[volumes.Resident, infer.Candidates]], least: float = 5.0) -> dict[str, float]:
    """Median absolute error of the predicted diameter of found nodules of at least `least` mm."""
    errors = []
    for volume, found in pairs:
        for n in np.flatnonzero((volume.status == POSITIVE) & (volume.diameter >= least)):
            distance = np.linalg.norm(found.centre - volume.centre[n], axis=1) if len(found.centre) else np.array([np.inf])
            if distance.min() < volume.diameter[n] / 2:
                errors.append(found.diameter[distance.argmin()] - volume.diameter[n])
    e = np.array(errors)
    return {"n": len(e), "medianAbsolute": float(np.median(np.abs(e))) if len(e) else float("nan"), "bias": float(np.mean(e)) if len(e) else float("nan")}


def only_sure(volume: volumes.Resident) -> volumes.Resident:
    """The scan with only its sure marks as nodules; the others ignored."""
    return dataclasses.replace(volume, status=np.where(volume.sure, volume.status, IGNORED))
