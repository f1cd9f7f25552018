"""Free-response ROC as LUNA16 counts it: a nodule is found by a mark within its radius; marks on ignored nodules count nowhere."""
from __future__ import annotations

import numpy as np

from prepare import IGNORED, POSITIVE

RATES = (0.125, 0.25, 0.5, 1, 2, 4, 8)


def match(centre: np.ndarray, score: np.ndarray, nodule_centre: np.ndarray, nodule_diameter: np.ndarray, status: np.ndarray, least_radius: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Best score per POSITIVE nodule (-inf where missed) and the scores of false marks.

    `least_radius` widens the hit radius of very small nodules (mm); 0 is LUNA16's rule.
    """
    radius = np.maximum(nodule_diameter / 2, least_radius)
    distance = np.linalg.norm(centre[:, None] - nodule_centre[None], axis=2) if len(nodule_centre) else np.zeros((len(centre), 0))
    hit = distance <= radius[None]
    best = np.array([score[hit[:, n]].max() if hit[:, n].any() else -np.inf for n in range(len(nodule_centre))])
    return best[status == POSITIVE] if len(best) else np.zeros(0), score[~hit.any(1)]


def curve(scans: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, object]:
    """Sensitivity at RATES false marks a scan, and their mean (CPM), from `match` results of each scan."""
    hits = np.concatenate([s[0] for s in scans]) if scans else np.zeros(0)
    false = np.sort(np.concatenate([s[1] for s in scans]))[::-1] if scans else np.zeros(0)
    sensitivities = {}
    thresholds = {}
    for rate in RATES:
        allowed = int(np.floor(rate * len(scans)))
        threshold = false[allowed] if allowed < len(false) else -np.inf
        finite = np.isfinite(hits)
        sensitivities[str(rate)] = float(np.mean(finite & (hits > threshold))) if len(hits) else float("nan")
        thresholds[str(rate)] = float(threshold)
    return {"cpm": float(np.mean(list(sensitivities.values()))), "sensitivities": sensitivities, "thresholds": thresholds, "nodules": int(len(hits)), "scans": len(scans)}


__all__ = ["IGNORED", "RATES", "curve", "match"]
