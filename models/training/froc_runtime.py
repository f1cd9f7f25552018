"""Figures from the lines of evaluate-runtime.ts: what the service itself finds on held-out phantoms."""
from __future__ import annotations

import argparse
import json
import pathlib

import numpy as np

import froc
from prepare import IGNORED, POSITIVE


def update(path: pathlib.Path, scans: list[dict]) -> None:
    """Writes sensitivity (nodules from 4 mm) and false marks of these phantoms into each operating point."""
    settings = json.loads(path.read_text())
    for point in settings["operatingPoints"]:
        rows = []
        for scan in scans:
            marks = np.array([c[:4] for c in scan["candidates"]], float).reshape(-1, 4)
            centre = np.array([n["worldPoint"] for n in scan["nodules"]], float).reshape(-1, 3)
            diameter = np.array([n["diameterMm"] for n in scan["nodules"]], float)
            rows.append(froc.match(marks[:, :3], marks[:, 3], centre, diameter, np.where(diameter >= 4, POSITIVE, IGNORED)))
        hits, false = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
        point["sensitivity"] = round(float((hits >= point["threshold"]).mean()), 3)
        point["falsePositivesPerScan"] = round(float((false >= point["threshold"]).sum() / len(scans)), 2)
        point["dataset"] = f"{len(scans)} held-out phantoms, nodules from 4 mm"
    path.write_text(json.dumps(settings, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=pathlib.Path)
    parser.add_argument("--threshold", type=float, required=True, help="the operating point, on the probabilities in the file")
    parser.add_argument("--update", type=pathlib.Path, help="settings.json whose operating points get what is measured here")
    args = parser.parse_args()
    scans = [json.loads(line) for line in args.lines.read_text().splitlines()]
    if args.update:
        update(args.update, scans)
    for least in (3.0, 4.0, 5.0):
        rows, errors = [], []
        by_type: dict[str, list[bool]] = {}
        for scan in scans:
            marks = np.array([c[:4] for c in scan["candidates"]], float).reshape(-1, 4)
            centre = np.array([n["worldPoint"] for n in scan["nodules"]], float).reshape(-1, 3)
            diameter = np.array([n["diameterMm"] for n in scan["nodules"]], float)
            status = np.where(diameter >= least, POSITIVE, IGNORED)
            rows.append(froc.match(marks[:, :3], marks[:, 3], centre, diameter, status))
            for nodule, at, size in zip(scan["nodules"], centre, diameter):
                if size < least:
                    continue
                distance = np.linalg.norm(marks[:, :3] - at, axis=1)
                hit = (distance <= size / 2) & (marks[:, 3] >= args.threshold)
                by_type.setdefault(nodule["type"], []).append(bool(hit.any()))
                if hit.any():
                    errors.append(scan["candidates"][int(np.flatnonzero(hit)[distance[hit].argmin()])][4] - size)
        hits, false = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
        print(json.dumps({
            "fromMm": least,
            **{k: v for k, v in froc.curve(rows).items() if k != "thresholds"},
            "atOperatingPoint": {"sensitivity": round(float((hits >= args.threshold).mean()), 3), "falseMarksPerScan": round(float((false >= args.threshold).sum() / len(scans)), 2)},
            "byType": {k: f"{sum(v)}/{len(v)}" for k, v in sorted(by_type.items())},
            "networkDiameter": {"medianAbsoluteError": round(float(np.median(np.abs(errors))), 2), "bias": round(float(np.mean(errors)), 2)},
        }))


if __name__ == "__main__":
    main()
