"""Reads a segmentation and a report by pydicom and numpy alone: what another system would take from them.

usage: read_results.py FOLDER      FOLDER holds seg.dcm, sr.dcm and the images in ct/
Prints one JSON object by tracking UID: centre (LPS mm) and volume (mm3) of the segment, the volume that the report
states, and on the image with the report's outline the middle of both, LPS mm.
"""
import glob
import json
import sys

import numpy as np
import pydicom

folder = sys.argv[1]


def plane_of(frame_groups, shared_groups, dataset):
    """Position, directions and spacing of one image or frame."""
    def group(name):
        for groups in (frame_groups, shared_groups):
            if groups is not None and name in groups:
                return groups[name][0]
        return dataset
    position = np.array([float(v) for v in group('PlanePositionSequence').ImagePositionPatient])
    orientation = [float(v) for v in group('PlaneOrientationSequence').ImageOrientationPatient]
    spacing = [float(v) for v in group('PixelMeasuresSequence').PixelSpacing]
    return position, np.array(orientation[:3]), np.array(orientation[3:]), spacing


def to_world(plane, columns, rows):
    """Whole numbers are pixel centres."""
    position, along_row, along_column, spacing = plane
    return position + np.outer(columns * spacing[1], along_row) + np.outer(rows * spacing[0], along_column)


images = {}
for path in glob.glob(folder + '/ct/*'):
    image = pydicom.dcmread(path, stop_before_pixels=True)
    frames = image.get('PerFrameFunctionalGroupsSequence')
    shared = image.get('SharedFunctionalGroupsSequence')
    for at, groups in enumerate(frames if frames else [None]):
        images[(image.SOPInstanceUID, at + 1)] = plane_of(groups, shared[0] if shared else None, image)

seg = pydicom.dcmread(folder + '/seg.dcm')
pixels = seg.pixel_array
if pixels.ndim == 2:
    pixels = pixels[None]
shared = seg.SharedFunctionalGroupsSequence[0]
between = float(shared.PixelMeasuresSequence[0].SpacingBetweenSlices)
tracking = {int(s.SegmentNumber): s.TrackingUID for s in seg.SegmentSequence}
found = {}
segment_on = {}
for frame, groups in zip(pixels, seg.PerFrameFunctionalGroupsSequence):
    uid = tracking[int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)]
    plane = plane_of(groups, shared, seg)
    rows, columns = np.nonzero(frame)
    points = to_world(plane, columns, rows)
    entry = found.setdefault(uid, {'sum': np.zeros(3), 'count': 0, 'voxel': plane[3][0] * plane[3][1] * between})
    entry['sum'] += points.sum(axis=0)
    entry['count'] += len(rows)
    derivation = groups.get('DerivationImageSequence')
    if derivation:
        source = derivation[0].SourceImageSequence[0]
        # The image named by the frame must lie where the frame lies.
        key = (source.ReferencedSOPInstanceUID, int(source.get('ReferencedFrameNumber', 1)))
        offset = float(np.abs(images[key][0] - plane[0]).max())
        segment_on[(uid,) + key] = (points.mean(axis=0), offset)


def concept(item):
    return item.ConceptNameCodeSequence[0].CodeValue if 'ConceptNameCodeSequence' in item else ''


def walk(item):
    yield item
    for child in item.get('ContentSequence', []):
        yield from walk(child)


def polygon_centre(points):
    """Of its area; points in a plane."""
    x, y = points[:, 0], points[:, 1]
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    return np.array([((x + np.roll(x, -1)) * cross).sum(), ((y + np.roll(y, -1)) * cross).sum()]) / (3 * cross.sum())


result = {uid: {'centre': (e['sum'] / e['count']).tolist(), 'volumeMm3': e['count'] * e['voxel']} for uid, e in found.items()}
for group in walk(pydicom.dcmread(folder + '/sr.dcm')):
    if concept(group) != '125007':
        continue
    children = group.ContentSequence
    uid = next(c.UID for c in children if concept(c) == '112040')
    entry = result.setdefault(uid, {})
    for child in children:
        if concept(child) == '118565006':
            entry['statedMm3'] = float(child.MeasuredValueSequence[0].NumericValue)
        if concept(child) == '111030' and child.ValueType == 'SCOORD':
            reference = child.ContentSequence[0].ReferencedSOPSequence[0]
            key = (reference.ReferencedSOPInstanceUID, int(reference.get('ReferencedFrameNumber', 1)))
            # From corners, as the standard counts, to centres (PS3.3 C.18.6.1.1).
            data = np.array([float(v) for v in child.GraphicData]).reshape(-1, 2) - 0.5
            column, row = polygon_centre(data[:-1])
            entry['outlineCentre'] = to_world(images[key], np.array([column]), np.array([row]))[0].tolist()
            on = segment_on.get((uid,) + key)
            if on is not None:
                entry['sliceCentre'], entry['frameOffsetMm'] = on[0].tolist(), on[1]
print(json.dumps(result))
