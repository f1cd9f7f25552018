"""Platt calibration and operating point from the candidates that a fold kept of what it was not trained on."""
from __future__ import annotations

import argparse
import json
import pathlib

import numpy as np
from scipy import optimize

import froc
from prepare import IGNORED, POSITIVE


def logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def product(candidates: np.ndarray) -> np.ndarray:
    """Detector score times the classifier's probability, from rows z, y, x, score, classifier logit, diameter, type."""
    return candidates[:, 3] / (1 + np.exp(-candidates[:, 4]))


def labelled(case: dict[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """Score and label (1, 0) of each candidate that is on a nodule or on none; near an ignored one it does not count."""
    candidates = np.array(case["candidates"]).reshape(-1, 7)
    nodules = np.array(case["nodules"]).reshape(-1, 6)
    if len(nodules) == 0:
        return product(candidates), np.zeros(len(candidates))
    distance = np.linalg.norm(candidates[:, None, :3] - nodules[None, :, :3], axis=2) <= np.maximum(nodules[:, 3] / 2, 2.0)
    positive = (distance & (nodules[:, 4] == POSITIVE)).any(1)
    ignored = (distance & (nodules[:, 4] == IGNORED)).any(1) & ~positive
    return product(candidates)[~ignored], positive[~ignored].astype(float)


def fit(score: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """a and b of 1 / (1 + exp(-(a * logit(score) + b))) by maximum likelihood."""
    x = logit(score)

    def loss(p: np.ndarray) -> float:
        z = p[0] * x + p[1]
        return float(np.mean(np.logaddexp(0, z) - label * z))

    a, b = optimize.minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(a), float(b)


def reliability(probability: np.ndarray, label: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """Mean probability and share of nodules in equal bins of probability."""
    index = np.minimum((probability * bins).astype(int), bins - 1)
    return [
        {"probability": round(float(probability[index == i].mean()), 3), "share": round(float(label[index == i].mean()), 3), "n": int((index == i).sum())}
        for i in range(bins)
        if (index == i).any()
    ]


def figures(cases: list[dict[str, object]], a: float, b: float, threshold: float, least: float) -> dict[str, float]:
    """Sensitivity, false marks a scan and CPM on calibrated probabilities; nodules under `least` mm are ignored."""
    rows = []
    for case in cases:
        candidates = np.array(case["candidates"]).reshape(-1, 7)
        nodules = np.array(case["nodules"]).reshape(-1, 6)
        score = 1 / (1 + np.exp(-(a * logit(product(candidates)) + b)))
        rows.append(froc.match(candidates[:, :3], score, nodules[:, :3], nodules[:, 3], np.where(nodules[:, 3] >= least, nodules[:, 4], IGNORED)))
    hits, false = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    return {
        "scans": len(cases),
        "nodules": len(hits),
        "cpm": round(float(froc.curve(rows)["cpm"]), 3),
        "sensitivityAt2": round(froc.curve(rows)["sensitivities"]["2"], 3),
        "sensitivity": round(float((hits >= threshold).mean()), 3) if len(hits) else float("nan"),
        "falseMarksPerScan": round(float((false >= threshold).sum() / max(1, len(cases))), 2),
    }


def settings(cases: list[dict[str, object]], a: float, b: float, points: dict[str, float], default: str) -> dict[str, object]:
    """What the manifests need: calibration of the product, and operating points on calibrated probabilities."""
    phantoms = [c for c in cases if str(c["name"]).isdigit()]
    described = []
    for name, point in points.items():
        threshold = calibrated(np.array([point]), a, b)[0]
        reached = figures(phantoms, a, b, threshold, 4)
        described.append({
            "name": name,
            "threshold": round(float(threshold), 4),
            "falsePositivesPerScan": reached["falseMarksPerScan"],
            "sensitivity": reached["sensitivity"],
            "dataset": f"{reached['scans']} held-out phantoms, nodules from 4 mm",
        })
    return {
        "detectorCalibration": {"kind": "platt", "a": round(a, 4), "b": round(b, 4)},
        "classifierCalibration": {"kind": "none"},
        "candidateThreshold": 0.05,
        "maxCandidates": 60,
        "chain": "product",
        "operatingPoints": described,
        "defaultOperatingPoint": default,
    }


def calibrated(score: np.ndarray, a: float, b: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(a * logit(score) + b)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", nargs="+", required=True, help="fold results whose cases the shipped weights were not trained on")
    parser.add_argument("--points", default="sensitive=0.18,balanced=0.3,specific=0.4", help="thresholds on the uncalibrated product")
    parser.add_argument("--default", default="balanced")
    parser.add_argument("--write", type=pathlib.Path, help="where to write what package_models.py needs")
    args = parser.parse_args()
    cases = [c for path in args.fit for c in json.loads(pathlib.Path(path).read_text())["cases"]]
    pairs = [labelled(c) for c in cases]
    score, label = np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])
    a, b = fit(score, label) if 0 < label.sum() < len(label) else (1.0, 0.0)
    points = {name: float(value) for name, value in (item.split("=") for item in args.points.split(","))}
    groups: dict[str, list[dict[str, object]]] = {}
    for case in cases:
        groups.setdefault("phantoms" if str(case["name"]).isdigit() else str(case["name"]), []).append(case)
    threshold = calibrated(np.array([points[args.default]]), a, b)[0]
    if args.write:
        args.write.write_text(json.dumps(settings(cases, a, b, points, args.default), indent=1) + "\n")
    print(json.dumps({
        "platt": {"a": round(a, 4), "b": round(b, 4)},
        "threshold": round(float(threshold), 4),
        "figures": {name: {f"from{least}mm": figures(group, a, b, threshold, least) for least in (3, 4, 5)} for name, group in groups.items()},
        "reliability": reliability(calibrated(score, a, b), label),
    }, indent=1))


if __name__ == "__main__":
    main()
