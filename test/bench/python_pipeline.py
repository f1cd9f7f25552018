"""The same work in Python: pydicom reads, scipy resamples to 1 mm, torch runs the detector over as many windows."""
import glob
import json
import resource
import sys
import time

import numpy as np
import pydicom
import torch
from scipy import ndimage

folder, training, windows = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, training)
from export import fold  # noqa: E402
from networks import Detector  # noqa: E402

torch.set_num_threads(2)
timings = {}
start = last = time.perf_counter()


def stage(name):
    global last
    now = time.perf_counter()
    timings[name] = (now - last) * 1000
    last = now


slices = sorted((pydicom.dcmread(path) for path in glob.glob(folder + "/*")), key=lambda d: float(d.ImagePositionPatient[2]))
volume = np.stack([d.pixel_array.astype(np.float32) * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in slices])
stage("read")
spacing = [1.0, *map(float, slices[0].PixelSpacing)]
grid = ndimage.zoom(np.clip(volume, -1000, 400), spacing, order=1)
stage("assemble")
network = fold(Detector())
window = torch.zeros(1, 1, 96, 96, 96)
with torch.inference_mode():
    for _ in range(windows):
        network(window)
stage("infer")
timings["total"] = (last - start) * 1000
print(json.dumps({"timingsMs": timings, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "grid": grid.shape}))
