"""Prints the SHA-256 of a CT series as int16 little endian [z, y, x], read by pydicom from decompressed files.

Usage: hounsfield_volume.py FOLDER
"""
import hashlib
import pathlib
import sys

import numpy as np
import pydicom

images = [pydicom.dcmread(path) for path in pathlib.Path(sys.argv[1]).iterdir()]
images.sort(key=lambda image: float(image.ImagePositionPatient[2]))
volume = np.stack([image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept) for image in images])
print(hashlib.sha256(np.clip(volume, -1024, 3071).astype("<i2").tobytes()).hexdigest())
