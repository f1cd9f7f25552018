"""Writes NIfTI files of many kinds with nibabel, and as JSON what nibabel says of some voxels: index, LPS mm, value."""
import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

folder = Path(sys.argv[1])
rng = np.random.default_rng(3)


def turned(order, signs, spacing, angle):
    affine = np.zeros((3, 3))
    for column, (axis, sign, size) in enumerate(zip(order, signs, spacing)):
        affine[axis, column] = sign * size
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ affine


cases = []
kinds = [
    ('plain', np.int16, (0, 1, 2), (1, 1, 1), 0.0, {}),
    ('las', np.int16, (0, 1, 2), (-1, 1, 1), 0.0, {}),
    ('lpi', np.float32, (0, 1, 2), (-1, -1, -1), 0.0, {}),
    ('sagittal', np.uint16, (1, 2, 0), (1, -1, 1), 0.0, {}),
    ('coronal', np.int32, (0, 2, 1), (-1, -1, 1), 0.0, {}),
    ('oblique', np.float64, (0, 1, 2), (-1, 1, 1), 0.2, {}),
    ('scaled', np.int16, (0, 1, 2), (-1, -1, 1), 0.1, {'slope': 0.5, 'inter': -300.0}),
    ('qform', np.int16, (2, 0, 1), (1, -1, -1), 0.15, {'qform': True}),
    ('qform-left-handed', np.uint8, (0, 1, 2), (1, 1, -1), 0.15, {'qform': True}),
    ('big-endian', np.int16, (0, 1, 2), (-1, -1, 1), 0.0, {'big': True}),
    ('version2', np.int16, (1, 0, 2), (-1, 1, -1), 0.2, {'two': True}),
]
for name, dtype, order, signs, angle, extra in kinds:
    shape = (7, 5, 4)
    high = 200 if dtype == np.uint8 else 1500
    low = 0 if np.issubdtype(dtype, np.unsignedinteger) else -900
    data = rng.integers(low, high, shape).astype(dtype)
    affine = np.eye(4)
    affine[:3, :3] = turned(order, signs, (0.7, 0.8, 1.3), angle)
    affine[:3, 3] = (12.5, -40.25, 97.75)
    kind = nib.Nifti2Image if extra.get('two') else nib.Nifti1Image
    header = kind.header_class(endianness='>' if extra.get('big') else '<')
    header.set_data_dtype(dtype)
    image = kind(data, affine, header)
    image.header.set_xyzt_units('mm')
    if extra.get('qform'):
        image.set_sform(None, code=0)
        image.set_qform(affine, code=1)
    if 'slope' in extra:
        image.header.set_slope_inter(extra['slope'], extra['inter'])
    path = folder / f'{name}.nii.gz'
    # nibabel computes the scaling itself when it saves; the raw numbers are written as they are.
    image.header.set_data_shape(shape)
    with nib.openers.Opener(str(path), 'wb') as file:
        image.header['vox_offset'] = 544 if extra.get('two') else 352
        image.header.write_to(file)
        file.write(np.asarray(data, dtype=image.header.get_data_dtype()).tobytes(order='F'))
    read = nib.load(str(path))
    values = read.get_fdata()
    probes = []
    for index in np.ndindex(*shape):
        ras = read.affine @ np.array([*index, 1.0])
        probes.append([-ras[0], -ras[1], ras[2], float(values[index])])
    cases.append({'name': name, 'path': str(path), 'probes': probes})
print(json.dumps(cases))
