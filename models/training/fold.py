"""Trains one fold end to end: detector with hard-negative mining, classifier on its mistakes, figures on what was left out."""
from __future__ import annotations

import argparse
import json
import pathlib
import time

import numpy as np
import torch

import crops
import evaluate
import infer
import networks
import nodules
import pool as pools
import training
import volumes
from prepare import POSITIVE


def kept(volume: volumes.Resident, found: infer.Candidates) -> dict[str, object]:
    """Every candidate and the truth of one volume: what calibration and later evaluations need."""
    second = found.second if found.second is not None else np.full(len(found.score), np.nan)
    kind = found.kind if found.kind is not None else np.full(len(found.score), -1)
    return {
        "name": volume.name,
        "candidates": np.round(np.column_stack([found.centre, found.score, second, found.diameter, kind]), 4).tolist(),
        "nodules": np.round(np.column_stack([volume.centre, volume.diameter, volume.status, volume.kind]), 3).tolist(),
    }


def held_out(args: argparse.Namespace, detector: torch.nn.Module, classifier: torch.nn.Module, luna: np.ndarray, device: torch.device) -> dict[str, object]:
    """Figures on the scans left out and on held-out phantoms, with every candidate kept for calibration."""
    rng = np.random.default_rng(777)
    result: dict[str, object] = {}
    cases: list[dict[str, object]] = []
    window = (args.window,) * 3
    for path in args.test:
        volume = volumes.load(path, device)
        pairs = []
        for _ in range(args.inserted):
            copy = evaluate.inserted(volume, 7, rng, luna)
            pairs.append((copy, evaluate.analyse(detector, classifier, copy, window)))
        result[f"{volume.name}-inserted"] = {**evaluate.report(pairs), "diameter": evaluate.diameter_error(pairs)}
        volume = evaluate.only_sure(volume)
        own = evaluate.analyse(detector, classifier, volume, window)
        if (volume.status == POSITIVE).any():
            result[volume.name] = {**evaluate.report([(volume, own)]), "from5mm": evaluate.report([(volume, own)], 5.0)}
        cases += [kept(v, f) for v, f in [*pairs, (volume, own)]]
    if args.heldout:
        pairs = []
        for path in sorted(pathlib.Path(args.heldout).glob("*.npz"))[: args.heldout_most]:
            if path.stem.isdigit():
                volume = volumes.load(path, device)
                found = evaluate.analyse(detector, classifier, volume, window)
                volume.hu = None
                pairs.append((volume, found))
        result["phantoms"] = {**evaluate.report(pairs), "diameter": evaluate.diameter_error(pairs)}
        cases += [kept(v, f) for v, f in pairs]
    result["cases"] = cases
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--train", nargs="*", default=[], help="real volumes to train on")
    parser.add_argument("--test", nargs="*", default=[], help="real volumes left out")
    parser.add_argument("--phantoms")
    parser.add_argument("--heldout")
    parser.add_argument("--heldout-most", type=int, default=100)
    parser.add_argument("--luna")
    parser.add_argument("--detector-seconds", type=float, default=3600)
    parser.add_argument("--classifier-seconds", type=float, default=1200)
    parser.add_argument("--detector-steps", type=int)
    parser.add_argument("--classifier-steps", type=int)
    parser.add_argument("--window", type=int, default=96)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patches", type=int, default=96)
    parser.add_argument("--inserted", type=int, default=4)
    parser.add_argument("--mine-at", default="0.12,0.25,0.4,0.55,0.7,0.82", help="fractions of the detector's training")
    parser.add_argument("--workers", type=int, default=2, help="planning processes for each network")
    parser.add_argument("--init", help="weights to start from")
    parser.add_argument("--peak", type=float, default=2e-3)
    parser.add_argument("--real-share", type=float, default=0.65)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    journal = open((args.logs or args.out) / f"{args.name}.jsonl", "w")

    def log(line: str) -> None:
        text = json.dumps({"t": round(time.monotonic() - started, 1), **json.loads(line)})
        journal.write(text + "\n")
        journal.flush()
        print(args.name, text, flush=True)

    torch.manual_seed(args.seed)
    luna = nodules.luna_diameters(args.luna)
    window = (args.window,) * 3
    plan = lambda kind, size, spacing, batch, seed: pools.Planner(kind, size, spacing, batch, args.train, luna, seed, args.real_share, args.workers)
    # Forked before the device is first used.
    first = plan("detector", window, infer.SPACING, args.batch, args.seed + 1)
    second = plan("classifier", infer.PATCH, infer.PATCH_SPACING, args.patches, args.seed + 2)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    residents = pools.Residents(args.train, args.phantoms, device)
    detector, classifier = networks.Detector(), networks.Classifier()
    if args.init:
        weights = torch.load(args.init, map_location="cpu")
        detector.load_state_dict(weights["detector"])
    mine_at = tuple(float(f) for f in args.mine_at.split(",") if f)
    detector = training.train(
        detector, residents, [first, second], crops.Builder(window, infer.SPACING, device, args.seed + 3), "detector", args.peak,
        args.detector_seconds, args.detector_steps, log, mine_at,
    )
    first.stop()
    save = lambda: torch.save({"detector": detector.state_dict(), "classifier": classifier.state_dict(), "name": args.name}, args.out / f"{args.name}.pt")
    save()
    training.mine(detector, residents.real + residents.phantoms[:60], 0.01, 200, window, [second])
    log(json.dumps({"hard": {v.name: len(v.hard) for v in residents.real}, "phantoms": len(residents.phantoms)}))
    classifier = training.train(
        classifier, residents, [second], crops.Builder(infer.PATCH, infer.PATCH_SPACING, device, args.seed + 4), "classifier", args.peak,
        args.classifier_seconds, args.classifier_steps, log,
    )
    second.stop()
    save()
    result = held_out(args, detector, classifier, luna, device)
    (args.out / f"{args.name}.json").write_text(json.dumps(result))
    cases = result.pop("cases")
    brief = {k: {r: (round(v[r]["cpm"], 3), v[r]["sensitivities"]["1"], v[r]["sensitivities"]["2"]) for r in ("detector", "classifier", "product") if r in v} for k, v in result.items()}
    log(json.dumps({"figures": brief, "cases": len(cases)}))


if __name__ == "__main__":
    main()
