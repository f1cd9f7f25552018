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


def held_out(args: argparse.Namespace, detector: torch.nn.Module, classifier: torch.nn.Module, luna: np.ndarray, device: torch.device) -> dict[str, object]:
    """Figures on the scans left out and on held-out phantoms, with every candidate kept for calibration."""
    rng = np.random.default_rng(777)
    result: dict[str, object] = {}
    kept: dict[str, object] = {}
    phantoms = []
    if args.heldout:
        for path in sorted(pathlib.Path(args.heldout).glob("*.npz"))[: args.heldout_most]:
            if path.stem.isdigit():
                volume = volumes.load(path, device)
                phantoms.append((volume, evaluate.analyse(detector, classifier, volume)))
        result["phantoms"] = {**evaluate.report(phantoms), "diameter": evaluate.diameter_error(phantoms)}
    for path in args.test:
        volume = volumes.load(path, device)
        pairs = []
        for _ in range(args.inserted):
            copy = evaluate.inserted(volume, 7, rng, luna)
            pairs.append((copy, evaluate.analyse(detector, classifier, copy)))
        result[f"{volume.name}-inserted"] = {**evaluate.report(pairs), "diameter": evaluate.diameter_error(pairs)}
        if args.marks and len(volume.centre):
            volume = evaluate.only_sure(volume, args.marks)
        own = evaluate.analyse(detector, classifier, volume)
        if len(volume.centre):
            result[volume.name] = {**evaluate.report([(volume, own)]), "from5mm": evaluate.report([(volume, own)], 5.0)}
        kept[volume.name] = [own.centre.tolist(), own.score.tolist(), own.second.tolist(), own.diameter.tolist()]
    result["candidates"] = kept
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--train", nargs="*", default=[], help="real volumes to train on")
    parser.add_argument("--test", nargs="*", default=[], help="real volumes left out")
    parser.add_argument("--phantoms")
    parser.add_argument("--heldout")
    parser.add_argument("--heldout-most", type=int, default=100)
    parser.add_argument("--marks")
    parser.add_argument("--luna")
    parser.add_argument("--detector-seconds", type=float, default=3600)
    parser.add_argument("--classifier-seconds", type=float, default=1200)
    parser.add_argument("--detector-steps", type=int)
    parser.add_argument("--classifier-steps", type=int)
    parser.add_argument("--window", type=int, default=96)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patches", type=int, default=96)
    parser.add_argument("--inserted", type=int, default=4)
    parser.add_argument("--wait-phantoms", type=int, default=0)
    parser.add_argument("--init", help="weights to start from")
    parser.add_argument("--peak", type=float, default=2e-3)
    parser.add_argument("--real-share", type=float, default=0.65)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    journal = open(args.out / f"{args.name}.jsonl", "w")

    def log(line: str) -> None:
        text = json.dumps({"t": round(time.monotonic() - started, 1), **json.loads(line)})
        journal.write(text + "\n")
        journal.flush()
        print(args.name, text, flush=True)

    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    luna = nodules.luna_diameters(args.luna)
    pool = pools.Pool(args.train, args.phantoms, luna, device, args.seed, args.real_share)
    while args.phantoms and len(pool.phantoms) < args.wait_phantoms:
        pool.refresh(8)
        time.sleep(0.5)
    window = (args.window,) * 3
    detector, classifier = networks.Detector(), networks.Classifier()
    if args.init:
        weights = torch.load(args.init, map_location="cpu")
        detector.load_state_dict(weights["detector"])
        if "classifier" in weights:
            classifier.load_state_dict(weights["classifier"])
    detector = training.train(
        detector, pool, crops.Builder(window, infer.SPACING, device, args.seed + 1), "detector", args.batch, args.peak,
        args.detector_seconds, args.detector_steps, log, mine_at=(0.12, 0.25, 0.4, 0.55, 0.7, 0.82) if not args.init else (0.0, 0.2, 0.4, 0.6, 0.8),
    )
    save = lambda: torch.save({"detector": detector.state_dict(), "classifier": classifier.state_dict(), "name": args.name}, args.out / f"{args.name}.pt")
    save()
    training.mine(detector, pool.real + pool.phantoms[:60], 0.01, 200, infer.WINDOW)
    log(json.dumps({"hard": {v.name: len(v.hard) for v in pool.real}, "phantoms": len(pool.phantoms)}))
    classifier = training.train(
        classifier, pool, crops.Builder(infer.PATCH, infer.PATCH_SPACING, device, args.seed + 2), "classifier", args.patches, args.peak,
        args.classifier_seconds, args.classifier_steps, log,
    )
    save()
    result = held_out(args, detector, classifier, luna, device)
    (args.out / f"{args.name}.json").write_text(json.dumps(result))
    candidates = result.pop("candidates")
    brief = {k: {r: (round(v[r]["cpm"], 3), v[r]["sensitivities"]["1"], v[r]["sensitivities"]["2"]) for r in ("detector", "classifier", "product") if r in v} for k, v in result.items()}
    log(json.dumps({"figures": brief, "seen": {k: len(c[1]) for k, c in candidates.items()}}))


if __name__ == "__main__":
    main()
