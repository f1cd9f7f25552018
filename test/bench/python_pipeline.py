"""The same way in Python, from files to scored candidates: pydicom reads, scipy finds the lungs, torch resamples and runs the shipped networks.

    python3 python_pipeline.py SERIES_FOLDER REPOSITORY

Prints times of each stage, peak memory, the candidates, and what the networks and this machine's matrix product do, as JSON.
"""
import glob
import itertools
import json
import pathlib
import resource
import sys
import time

import numpy as np
import onnx
import pydicom
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from scipy import ndimage

FOLDER, MODELS = sys.argv[1], pathlib.Path(sys.argv[2]) / "models"
sys.path.insert(0, str(MODELS / "training"))
import infer  # noqa: E402
import scans  # noqa: E402
from export import fold  # noqa: E402
from losses import cell_centres  # noqa: E402
from networks import STRIDE, Classifier, Detector, multiply_adds  # noqa: E402

THREADS = 2
LUNG_SPACING = 2.5
MANIFEST = json.loads((MODELS / "lung-nodule-detector/model.json").read_text())
torch.set_num_threads(THREADS)


def network(module, model):
    """The module with the weights of a shipped graph, whose batch normalisations are folded already."""
    module = fold(module)
    graph = onnx.load(str(MODELS / model / "model.onnx")).graph
    module.load_state_dict({weight.name: torch.from_numpy(numpy_helper.to_array(weight).copy()) for weight in graph.initializer})
    return module


def scaled(hu, clip):
    return (hu.clamp(*clip) - clip[0]) / (clip[1] - clip[0]) * 2 - 1


def read():
    slices = [pydicom.dcmread(path) for path in glob.glob(f"{FOLDER}/*")]
    return sorted(slices, key=lambda d: float(d.ImagePositionPatient[2]))


def assemble(slices):
    hu = np.stack([d.pixel_array.astype(np.float32) * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in slices])
    first, second = slices[:2]
    between = float(second.ImagePositionPatient[2]) - float(first.ImagePositionPatient[2])
    spacing = np.array([between, *map(float, first.PixelSpacing)])
    return torch.from_numpy(hu), spacing, np.array(first.ImagePositionPatient, float)[::-1]


def lungs(hu, spacing):
    """Mask on a grid of about LUNG_SPACING, and that grid's spacing."""
    size = [int(round(n * s / LUNG_SPACING)) for n, s in zip(hu.shape, spacing)]
    coarse = F.interpolate(hu[None, None], size=size, mode="trilinear", align_corners=False)[0, 0].numpy()
    step = spacing * np.array(hu.shape) / size
    return scans.lung_mask(scans.Scan(coarse.astype(np.int16), tuple(step), (0.0, 0.0, 0.0))), step


def resample(hu, spacing, mask, step):
    """The lungs' box at 1 mm, its first voxel in mm from the scan's, and its exact spacing."""
    where = np.nonzero(mask)
    low = np.array([w.min() for w in where]) * step - infer.MASK_MARGIN
    high = np.array([w.max() + 1 for w in where]) * step + infer.MASK_MARGIN
    first = np.maximum(0, np.floor(low / spacing)).astype(int)
    last = np.minimum(hu.shape, np.ceil(high / spacing).astype(int) + 1)
    part = hu[tuple(slice(a, b) for a, b in zip(first, last))]
    extent = (np.array(part.shape) - 1) * spacing
    size = np.round(extent / infer.SPACING).astype(int) + 1
    box = F.interpolate(part[None, None], size=tuple(size), mode="trilinear", align_corners=True)[0, 0]
    return box, first * spacing, extent / (size - 1)


def detect(detector, box, low, step, mask, mask_step):
    """Rows of centre (mm from the scan's first voxel; z, y, x) and score, best first; and how many windows were run."""
    window, overlap = infer.WINDOW, infer.OVERLAP
    lines = [infer.tiles(0, n, w, overlap) for n, w in zip(box.shape, window)]
    covered = [int(line[-1][0]) + w for line, w in zip(lines, window)]
    box = F.pad(box, [side for n, to in zip(reversed(box.shape), reversed(covered)) for side in (0, max(0, to - n))], value=-1000)
    cells = cell_centres(tuple(n // STRIDE for n in window), 1.0, torch.device("cpu")).numpy() + (np.array(window) - 1) / 2
    inside = np.stack(np.nonzero(mask), 1) * mask_step
    rows, runs = [], 0
    for corner in itertools.product(*lines):
        start = np.array([int(at) for at, _, _ in corner])
        # The part whose marks count: all but half of the overlap, save at the ends.
        part = [np.array([0 if is_first else overlap / 2 for _, is_first, _ in corner]), np.array([w if is_last else w - overlap / 2 for (_, _, is_last), w in zip(corner, window)])]
        least, most = (low + (start + edge) * step for edge in part)
        if not np.all((inside >= least - infer.MASK_MARGIN) & (inside <= most + infer.MASK_MARGIN), axis=1).any():
            continue
        runs += 1
        cut = box[tuple(slice(a, a + w) for a, w in zip(start, window))]
        heat, offset, _ = detector(scaled(cut, infer.CLIP)[None, None])
        score = torch.sigmoid(heat)
        peak = (score == F.max_pool3d(score, 3, 1, 1)) & (score >= MANIFEST["postprocess"]["threshold"])
        index = torch.nonzero(peak.reshape(-1))[:, 0].numpy()
        index = index[np.all((cells[index] >= part[0] - 0.5) & (cells[index] < part[1]), axis=1)]
        shift = offset.reshape(3, -1)[:, index].T.numpy()
        rows.append(np.column_stack([(cells[index] + start) * step + shift + low, score.reshape(-1)[index].numpy()]))
    rows = np.concatenate(rows)
    away = ndimage.distance_transform_edt(~mask, sampling=mask_step)
    nearest = np.clip(np.round(rows[:, :3] / mask_step).astype(int), 0, np.array(mask.shape) - 1)
    rows = rows[away[tuple(nearest.T)] <= infer.MASK_MARGIN]
    rows = rows[np.argsort(-rows[:, 3])]
    return rows[infer.suppress(rows[:, :3], MANIFEST["postprocess"]["maxCandidates"])], runs


def patch(hu, spacing, centre):
    """[1, 1, 40, 40, 40] around a point, HU."""
    lines = [(c + (np.arange(n) - (n - 1) / 2) * infer.PATCH_SPACING) / s for c, n, s in zip(centre, infer.PATCH, spacing)]
    first = [max(0, int(line[0])) for line in lines]
    last = [min(n, int(line[-1]) + 2) for line, n in zip(lines, hu.shape)]
    part = hu[tuple(slice(a, b) for a, b in zip(first, last))]
    axes = [torch.from_numpy(((line - a) / (n - 1) * 2 - 1).astype(np.float32)) for line, a, n in zip(lines, first, part.shape)]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij")[::-1], -1)[None]
    return F.grid_sample(part[None, None] + 1000, grid, align_corners=True) - 1000


def classify(classifier, hu, spacing, rows):
    """Calibrated probability of every candidate: the product of both networks'."""
    answers = [float(torch.sigmoid(classifier(scaled(patch(hu, spacing, row[:3]), infer.PATCH_CLIP))[0])) for row in rows]
    score = np.clip(rows[:, 3] * np.array(answers), 1e-9, 1 - 1e-9)
    return 1 / (1 + np.exp(-(MANIFEST["calibration"]["a"] * np.log(score / (1 - score)) + MANIFEST["calibration"]["b"])))


def matrix_rate():
    """GFLOP/s of a product of two matrices of 2048 by 2048, float32, best of five."""
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    best = np.inf
    for _ in range(5):
        begun = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - begun)
    return 2 * 2048**3 / best / 1e9


@torch.inference_mode()
def main():
    detector, classifier = network(Detector(), "lung-nodule-detector"), network(Classifier(), "lung-nodule-classifier")
    timings, begun = {}, time.perf_counter()

    def timed(stage, work, *arguments):
        start = time.perf_counter()
        result = work(*arguments)
        timings[stage] = (time.perf_counter() - start) * 1000
        return result

    slices = timed("read", read)
    hu, spacing, origin = timed("decode and assemble", assemble, slices)
    mask, mask_step = timed("segment", lungs, hu, spacing)
    box, low, step = timed("resample", resample, hu, spacing, mask, mask_step)
    rows, windows = timed("detector", detect, detector, box, low, step, mask, mask_step)
    probability = timed("classifier", classify, classifier, hu, spacing, rows)
    timings["total"] = (time.perf_counter() - begun) * 1000
    print(json.dumps({
        "timingsMs": timings,
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "windows": windows,
        "candidates": [[*(origin + row[:3])[::-1], p] for row, p in zip(rows, probability)],
        "detectorVoxels": windows * int(np.prod(infer.WINDOW)),
        "flopAVoxel": 2 * multiply_adds(Detector(), (1, *infer.WINDOW)) / int(np.prod(infer.WINDOW)),
        "matrixGigaflopPerSecond": matrix_rate(),
    }))


main()
