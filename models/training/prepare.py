"""Turns scans with known nodules into compact training volumes (`.npz`).

HU are kept in one byte, steps of 8 HU over [-1024, 1016]: far below the noise of any CT, and what lies outside
that range looks the same to the networks, which clip at -1000 and 400 HU or close to it.
"""
from __future__ import annotations

import argparse
import csv
import dataclasses
import pathlib

import numpy as np
from scipy import ndimage

import scans

POSITIVE, IGNORED = 1, 0
TYPES = ("solid", "part-solid", "ground-glass", "calcified")
UNKNOWN_TYPE = -1


@dataclasses.dataclass
class Nodules:
    """Known nodules of a scan: centres LPS mm (z, y, x) [n, 3], diameters mm, status POSITIVE or IGNORED, type index."""

    centre: np.ndarray
    diameter: np.ndarray
    status: np.ndarray
    kind: np.ndarray
    sure: np.ndarray
    """False for marks that evaluation ignores although training uses them."""

    @staticmethod
    def none() -> "Nodules":
        return Nodules(np.zeros((0, 3), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int8), np.zeros(0, np.int8), np.zeros(0, bool))


def read_marks(path: str | pathlib.Path) -> Nodules:
    """LUNA16-style table with a confidence column; doubtful marks and likely ones under 4 mm are IGNORED."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    diameter = np.array([float(r["diameter_mm"]) for r in rows], np.float32)
    sure = np.array([r["confidence"] == "sure" for r in rows])
    likely = np.array([r["confidence"] == "likely" for r in rows])
    return Nodules(
        centre=np.array([[float(r["coordZ"]), float(r["coordY"]), float(r["coordX"])] for r in rows], np.float32),
        diameter=diameter,
        status=np.where((sure | (likely & (diameter >= 4))) & (diameter >= 3), POSITIVE, IGNORED).astype(np.int8),
        kind=np.full(len(rows), UNKNOWN_TYPE, np.int8),
        sure=sure,
    )


def placement_points(hu: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float], rng: np.random.Generator, count: int = 20_000) -> dict[str, np.ndarray]:
    """Voxel positions (mm from voxel 0, z, y, x) where a nodule may be put: anywhere in the lung, at the pleura, at vessels, in dense regions."""
    inner = ndimage.distance_transform_edt(mask, sampling=spacing)
    smooth = ndimage.gaussian_filter(hu.astype(np.float32), 0.7 / np.array(spacing))
    crowd = ndimage.uniform_filter(np.where(mask, np.clip(hu, -1000, 100), -1000).astype(np.float32), [max(1, int(12 / s)) for s in spacing])
    air = mask & (smooth < -350)
    groups = {
        "lung": air & (inner > 2),
        "pleura": air & (inner > 0.3) & (inner < 4),
        "vessel": (inner > 4) & (smooth > -700) & (smooth < -350),
    }
    edge = np.quantile(crowd[groups["lung"]], 0.93) if groups["lung"].any() else 0
    groups["dense"] = air & (inner > 3) & (crowd > edge)
    points = {}
    for name, where in groups.items():
        index = np.flatnonzero(where)
        if len(index) == 0:
            index = np.flatnonzero(mask)
        chosen = rng.choice(index, size=min(count, len(index)), replace=False)
        points[name] = (np.stack(np.unravel_index(chosen, mask.shape), 1) * np.array(spacing)).astype(np.float32)
    return points


def far_from(mask: np.ndarray, spacing: tuple[float, float, float], distance: float) -> np.ndarray:
    """True further than about `distance` mm from the mask, in each slice."""
    away = np.stack([ndimage.distance_transform_edt(~plane[::3, ::3]) * 3 * spacing[1] if plane.any() else np.full(plane[::3, ::3].shape, 1e3) for plane in mask])
    return np.repeat(np.repeat(away > distance, 3, 1), 3, 2)[:, : mask.shape[1], : mask.shape[2]]


def save(path: str | pathlib.Path, scan: scans.Scan, mask: np.ndarray, nodules: Nodules, seed: int, compress: bool = True) -> None:
    """Writes one training volume, cropped to the lungs with a margin for context."""
    scan, mask = scans.crop_to(scan, mask, 16.0)
    points = placement_points(scan.hu, mask, scan.spacing, np.random.default_rng(seed))
    centre = (nodules.centre - np.array(scan.origin)).astype(np.float32) if len(nodules.centre) else nodules.centre
    hu8 = np.clip(np.round((scan.hu.astype(np.float32) + 1024) / 8), 0, 255).astype(np.uint8)
    if compress:
        # Far from the lungs the noise is worth no space: steps of 64 HU.
        hu8 = np.where(far_from(mask, scan.spacing, 8.0), hu8 // 8 * 8 + 4, hu8)
    (np.savez_compressed if compress else np.savez)(
        path,
        hu8=hu8,
        shape=np.array(scan.hu.shape),
        spacing=np.array(scan.spacing, np.float64),
        origin=np.array(scan.origin, np.float64),
        series_uid=np.array(scan.series_uid),
        centre=centre,
        diameter=nodules.diameter,
        status=nodules.status,
        kind=nodules.kind,
        sure=nodules.sure,
        mask=np.packbits(mask),
        **{f"points_{name}": p for name, p in points.items()},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ct", required=True, help="folder with one DICOM series")
    parser.add_argument("--marks", help="table of its nodules; without one the scan is background")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    scan = scans.read_series(args.ct)
    pathlib.Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    save(args.out, scan, scans.lung_mask(scan), read_marks(args.marks) if args.marks else Nodules.none(), seed=1)


if __name__ == "__main__":
    main()
