"""Writes the two model folders (`model.onnx`, `model.json`) from trained weights and settings."""
from __future__ import annotations

import argparse
import hashlib
import json
import pathlib

import numpy as np
import torch

import export
import infer
import networks

VERSION = "0.2.1"
LICENCE = "Apache-2.0"
INTENDED_USE = "Marks possible lung nodules of 3 to 30 mm in chest CT for review by a radiologist. Not a certified medical device."
TRAINING_DATA = [
    "synthetic thoraces made by this project's phantom generator",
    "TCIA CPTAC patient C3N-00247, chest CT (CC BY): background with synthetic nodules",
    "NCI archive series 1.3.6.1.4.1.9328.50.1.0117, chest CT (CC BY): background with synthetic nodules, and its marked nodules",
    "LUNA16 annotations (LIDC-IDRI, CC BY): distribution of diameters",
]

# The service fits the windows to the lungs' box, up to this size, in steps of the network's coarsest level: a third fewer
# voxels than windows of one size, which overlap more and reach beyond the box. Larger ones save little and take memory.
LARGEST_WINDOW = [128, 128, 128]
WINDOW_MULTIPLE = 16
# Where the graph takes many shapes, the runtime tries the smallest multiple from 64 on.
TEST_SHAPE = (64, 64, 64)


def blob(shape: tuple[int, int, int], background: float, amplitude: float, sigma: float, centre: tuple[float, float, float]) -> torch.Tensor:
    """The manifest's 'gaussian-blob' test input, [1, 1, z, y, x]."""
    z, y, x = np.meshgrid(*[np.arange(n, dtype=np.float64) for n in shape], indexing="ij")
    r2 = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2
    return torch.from_numpy((background + amplitude * np.exp(-r2 / (2 * sigma**2))).astype(np.float32))[None, None]


def test_vector(network: torch.nn.Module, shape: tuple[int, int, int], names: list[str], places: dict[str, list[list[int]]]) -> dict[str, object]:
    """Known input and the folded network's float32 answers at a few places."""
    centre = tuple(float(n // 2) + 0.5 for n in shape)
    spec = {"kind": "gaussian-blob", "background": -0.8, "amplitude": 1.2, "sigmaVoxels": 2.5, "centre": list(centre)}
    with torch.no_grad():
        outputs = dict(zip(names, export.fold(network)(blob(shape, -0.8, 1.2, 2.5, centre))))
    expected = [{"output": name, "index": index, "value": round(float(outputs[name][tuple(index)]), 5)} for name, at in places.items() for index in at]
    return {"input": spec, "expected": expected, "tolerance": 0.02}


def detector_manifest(network: torch.nn.Module, sha256: str, settings: dict[str, object]) -> dict[str, object]:
    middle = [n // infer.STRIDE // 2 for n in TEST_SHAPE]
    places = {"heatmap": [[0, 0, *middle], [0, 0, 2, 2, 2]], "offset": [[0, c, *middle] for c in range(3)], "diameter": [[0, 0, *middle]]}
    manifest: dict[str, object] = {
        "manifestVersion": "2",
        "id": "lung-nodule-detector",
        "version": VERSION,
        "name": "Phoi lung nodule detector",
        "licence": LICENCE,
        "intendedUse": INTENDED_USE,
        "trainingData": TRAINING_DATA,
        "file": "model.onnx",
        "sha256": sha256,
        "task": "detector",
        "calibration": settings["detectorCalibration"],
        "testVector": test_vector(network, TEST_SHAPE, ["heatmap", "offset", "diameter"], places),
        "accepts": {
            "modality": "CT", "minSlices": 20, "minCoverageMm": 60, "maxSliceThicknessMm": 3, "warnSliceThicknessMm": 1.5, "maxPixelSpacingMm": 1.2,
            "minFieldOfViewMm": 200, "minLungVolumeMl": 800, "incompleteLung": "warn", "contrast": "allow", "lossy": "warn", "minAgeYears": 18, "preferredKernel": "any",
        },
        "input": {
            "kind": "windows", "name": "volume", "spacingMm": [infer.SPACING] * 3, "intensity": {"kind": "window", "clipHU": list(infer.CLIP), "scaleTo": [-1, 1]},
            "padHU": -1000, "batch": 1, "window": LARGEST_WINDOW, "windowMultiple": [WINDOW_MULTIPLE] * 3, "overlap": [infer.OVERLAP] * 3,
        },
        "output": {
            "kind": "heatmap", "probability": {"name": "heatmap", "activation": "sigmoid"}, "stride": [infer.STRIDE] * 3,
            "offset": {"name": "offset"}, "diameter": {"name": "diameter", "transform": "log-mm"},
        },
        "postprocess": {"threshold": settings["candidateThreshold"], "nms": [{"kind": "distance", "radiusMm": infer.NMS_RADIUS}], "maxCandidates": settings["maxCandidates"], "lungMask": {"use": "mask", "marginMm": infer.MASK_MARGIN}},
        "operatingPoints": settings["operatingPoints"],
        "defaultOperatingPoint": settings["defaultOperatingPoint"],
    }
    if settings.get("chain"):
        manifest["chain"] = [{"classifiers": [{"model": "lung-nodule-classifier"}], "combine": settings["chain"]}]
    return manifest


# The graph also answers with logits of four types (output `type`); the manifest leaves them out, since on held-out
# phantoms they never said part-solid or calcified. The runtime types a lesion by its density.
def classifier_manifest(network: torch.nn.Module, sha256: str, settings: dict[str, object]) -> dict[str, object]:
    middle = [n // 2 for n in infer.PATCH]
    places = {"probability": [[0, 0]], "diameter": [[0, 0]], "lesion": [[0, 0, *middle], [0, 0, 4, 4, 4]]}
    return {
        "manifestVersion": "1",
        "id": "lung-nodule-classifier",
        "version": VERSION,
        "name": "Phoi lung nodule classifier",
        "licence": LICENCE,
        "intendedUse": "Looks again at the candidates of the Phoi lung nodule detector: probability, type, diameter and outline. Not a certified medical device.",
        "trainingData": TRAINING_DATA,
        "file": "model.onnx",
        "sha256": sha256,
        "task": "candidate-classifier",
        "calibration": settings["classifierCalibration"],
        "testVector": test_vector(network, infer.PATCH, ["probability", "type", "diameter", "lesion"], places),
        "input": {
            "name": "volume", "spacingMm": [infer.PATCH_SPACING] * 3, "clipHU": list(infer.PATCH_CLIP), "scaleTo": [-1, 1], "padHU": -1000,
            "batch": 1, "patch": list(infer.PATCH),
        },
        "output": {
            "kind": "candidate",
            "probability": {"name": "probability", "activation": "sigmoid"},
            "diameter": {"name": "diameter", "transform": "log-mm"},
            "segmentation": {"name": "lesion", "activation": "sigmoid"},
        },
    }


def write(folder: pathlib.Path, network: torch.nn.Module, shape: tuple[int, int, int], names: list[str], describe, settings: dict[str, object], any_size: list[str] | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    export.to_onnx(network, (1, *shape), names, folder / "model.onnx", any_size)
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(describe(network, digest, settings), indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--settings", required=True, help="JSON of calibrate.py: calibrations, operating points, thresholds")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()
    weights = torch.load(args.weights, map_location="cpu")
    settings = json.loads(pathlib.Path(args.settings).read_text())
    detector = networks.Detector()
    detector.load_state_dict(weights["detector"])
    write(args.out / "lung-nodule-detector", detector, infer.WINDOW, ["heatmap", "offset", "diameter"], detector_manifest, settings, any_size=["volume", "heatmap", "offset", "diameter"])
    if settings.get("chain"):
        classifier = networks.Classifier()
        classifier.load_state_dict(weights["classifier"])
        write(args.out / "lung-nodule-classifier", classifier, infer.PATCH, ["probability", "type", "diameter", "lesion"], classifier_manifest, settings)


if __name__ == "__main__":
    main()
