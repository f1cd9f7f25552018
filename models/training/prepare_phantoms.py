"""Turns exported phantoms (`<seed>.raw`, `<seed>.json`) into training volumes, as soon as each is written."""
from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pathlib
import time

import numpy as np

import prepare
import scans

HELD_OUT = 100_000
"""Seeds from here on are for evaluation alone."""


def read_phantom(path: pathlib.Path) -> tuple[scans.Scan, prepare.Nodules]:
    """The volume of `<seed>.json` and its `.raw`, and what is true of its nodules."""
    header = json.loads(path.read_text())
    hu = np.fromfile(path.with_suffix(".raw"), dtype="<i2").reshape(header["shape"])
    scan = scans.Scan(hu, tuple(header["spacingMm"]), tuple(header["originLps"][::-1]), f"phantom-{header['seed']}")
    truth = header["nodules"]
    if not truth:
        return scan, prepare.Nodules.none()
    diameter = np.array([n["diameterMm"] for n in truth], np.float32)
    return scan, prepare.Nodules(
        centre=np.array([n["worldPoint"][::-1] for n in truth], np.float32),
        diameter=diameter,
        status=np.where(diameter >= 3, prepare.POSITIVE, prepare.IGNORED).astype(np.int8),
        kind=np.array([prepare.TYPES.index(n["type"]) for n in truth], np.int8),
        sure=np.ones(len(truth), bool),
    )


def convert(job: tuple[pathlib.Path, pathlib.Path, float | None, bool]) -> None:
    """One phantom; with a size in mm, only the cube of that size about its first nodule."""
    source, target, size, keep = job
    scan, nodules = read_phantom(source)
    part = target.with_suffix(".part.npz")
    mask = scans.lung_mask(scan)
    if size is not None and len(nodules.centre):
        half = size / 2 / np.array(scan.spacing)
        middle = np.clip((nodules.centre[0] - np.array(scan.origin)) / np.array(scan.spacing), half, np.array(mask.shape) - half)
        box = tuple(slice(int(m - h), int(m + h)) for m, h in zip(middle, half))
        kept = np.zeros_like(mask)
        kept[box] = mask[box]
        mask = kept
    prepare.save(part, scan, mask, nodules, seed=int(source.stem), compress=False)
    os.replace(part, target)
    if not keep:
        source.with_suffix(".raw").unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", required=True, type=pathlib.Path)
    parser.add_argument("--train", required=True, type=pathlib.Path)
    parser.add_argument("--heldout", required=True, type=pathlib.Path)
    parser.add_argument("--expect", required=True, type=int, help="stop after this many phantoms")
    parser.add_argument("--seconds", type=float, default=3600, help="or after this long")
    parser.add_argument("--size", type=float, help="keep only a cube of this many mm about the first nodule (for short checks)")
    parser.add_argument("--keep", action="store_true", help="keep the exported volumes (evaluate-runtime.ts reads them)")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    for folder in (args.train, args.heldout):
        folder.mkdir(parents=True, exist_ok=True)
    begun: set[str] = set()
    until = time.monotonic() + args.seconds
    with multiprocessing.Pool(args.workers) as pool:
        waiting = []
        while len(begun) < args.expect and time.monotonic() < until:
            # The header is written after the volume, so a header that parses is a finished phantom.
            for source in sorted(args.phantoms.glob("*.json"), key=lambda p: int(p.stem)):
                if source.stem in begun or not source.read_text().endswith("}\n"):
                    continue
                begun.add(source.stem)
                folder = args.heldout if int(source.stem) >= HELD_OUT else args.train
                waiting.append(pool.apply_async(convert, ((source, folder / f"{source.stem}.npz", args.size, args.keep),)))
            time.sleep(0.2)
        for job in waiting:
            job.get()


if __name__ == "__main__":
    main()
