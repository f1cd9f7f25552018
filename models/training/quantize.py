"""Static int8 quantisation of the detector (QDQ format), calibrated on exported phantoms, and how it compares with float32.

    python quantize.py --model ../lung-nodule-detector/model.onnx --phantoms DIR --out int8.onnx [--calibrate 4]

DIR is what `node src/phantom/export-training.ts --spacing 1` writes; the first phantoms calibrate, the rest compare. Needs the Python
package onnxruntime (the version of onnxruntime-node) beside onnx and numpy. Prints CPU seconds a window (process time, one
thread, best of four) and the largest and mean difference of each output on the windows that compare.
Whether a quantised detector may be shipped is decided by `evaluate-runtime.ts` and `froc_runtime.py` on the held-out phantoms, not by this.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

WINDOW = 96


def windows(folder, name, clip):
    header = json.loads((folder / f"{name}.json").read_text())
    hu = np.fromfile(folder / f"{name}.raw", "<i2").reshape(header["shape"])
    if any(abs(s - 1) > 1e-3 for s in header["spacingMm"]):
        raise SystemExit("export the phantoms at 1 mm")
    value = (np.clip(hu.astype(np.float32), *clip) - clip[0]) / (clip[1] - clip[0]) * 2 - 1
    starts = [range(0, max(1, n - WINDOW + 1), WINDOW) for n in hu.shape]
    for z in starts[0]:
        for y in starts[1]:
            for x in starts[2]:
                part = value[z : z + WINDOW, y : y + WINDOW, x : x + WINDOW]
                yield np.pad(part, [(0, WINDOW - n) for n in part.shape], constant_values=-1)[None, None]


class Reader(CalibrationDataReader):
    def __init__(self, inputs):
        self.inputs = iter(inputs)

    def get_next(self):
        image = next(self.inputs, None)
        return None if image is None else {"volume": image}


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def cpu_seconds(model, image):
    best = np.inf
    for _ in range(4):
        begun = time.process_time()
        model.run(None, {"volume": image})
        best = min(best, time.process_time() - begun)
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--phantoms", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--calibrate", type=int, default=4)
    arguments = parser.parse_args()
    clip = json.loads((arguments.model.parent / "model.json").read_text())["input"]["clipHU"]
    names = sorted((path.stem for path in arguments.phantoms.glob("*.json")), key=int)
    calibrating = (image for name in names[: arguments.calibrate] for image in windows(arguments.phantoms, name, clip))
    quantize_static(arguments.model, arguments.out, Reader(calibrating), quant_format=QuantFormat.QDQ, per_channel=True,
                    weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8)
    models = {"float32": session(arguments.model), "int8": session(arguments.out)}
    outputs = [output.name for output in models["float32"].get_outputs()]
    differences = {name: [] for name in outputs}
    image = None
    for name in names[arguments.calibrate :]:
        for image in windows(arguments.phantoms, name, clip):
            both = [model.run(None, {"volume": image}) for model in models.values()]
            for output, a, b in zip(outputs, *both):
                differences[output].append((np.abs(a - b).max(), np.abs(a - b).mean()))
    if image is None:
        raise SystemExit("there is no phantom left to compare with")
    for kind, model in models.items():
        print(f"{kind}: {cpu_seconds(model, image):.3f} CPU s a window")
    for output, pairs in differences.items():
        print(f"{output}: largest difference {max(p[0] for p in pairs):.3f}, mean {np.mean([p[1] for p in pairs]):.4f} over {len(pairs)} windows")


if __name__ == "__main__":
    main()
