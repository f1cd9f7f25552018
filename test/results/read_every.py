"""Reads every object of a result by pydicom and numpy and prints what is wrong with them as a JSON list of sentences.

usage: read_every.py FOLDER IMAGES      FOLDER holds *.dcm; IMAGES is a JSON list of the UIDs of the study's images
"""
import glob
import json
import os
import sys

import numpy as np
import pydicom

folder = sys.argv[1]
known = set(json.load(open(sys.argv[2])))
problems = []
objects = {os.path.basename(path): pydicom.dcmread(path) for path in sorted(glob.glob(folder + '/*.dcm'))}
known |= {d.SOPInstanceUID for d in objects.values()}


def walk(dataset):
    for element in dataset:
        yield element
        if element.VR == 'SQ':
            for item in element.value:
                yield from walk(item)


for name, d in objects.items():
    d.to_json_dict(bulk_data_threshold=1024, bulk_data_element_handler=lambda element: 'bulk')
    for element in walk(d):
        if element.keyword == 'ReferencedSOPInstanceUID' and element.value not in known:
            problems.append(f'{name} refers to {element.value}, which is not in the study')
    if 'PixelData' in d:
        shape = d.pixel_array.shape
        if d.Modality == 'OT' and shape != (d.Rows, d.Columns, 3):
            problems.append(f'{name} has the shape {shape}')
    evidence = {i.ReferencedSOPInstanceUID for s in d.get('CurrentRequestedProcedureEvidenceSequence', []) for r in s.ReferencedSeriesSequence for i in r.ReferencedSOPSequence}
    if 'ContentSequence' in d:
        for element in walk(pydicom.Dataset({e.tag: e for e in d if e.keyword == 'ContentSequence'})):
            if element.keyword == 'ReferencedSOPInstanceUID' and element.value not in evidence:
                problems.append(f'{name} has {element.value} in its content and not in its evidence')


def volume(d, label_of):
    """Voxels by segment and position."""
    pixels = d.pixel_array
    if pixels.ndim == 2:
        pixels = pixels[None]
    found = {}
    for frame, groups in zip(pixels, d.PerFrameFunctionalGroupsSequence):
        position = tuple(float(v) for v in groups.PlanePositionSequence[0].ImagePositionPatient)
        for number, mask in label_of(frame, groups):
            found[(number, position)] = mask
    return found


def binary_labels(frame, groups):
    return [(int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber), frame != 0)]


def map_labels(frame, groups):
    return [(int(n), frame == n) for n in np.unique(frame) if n != 0]


# A label map by the tables of the standard (PS3.3 A.51, C.8.20.2, C.7.6.3, C.7.6.16, C.7.6.17): no validator knows it yet.
FILLED = '''StudyInstanceUID SeriesInstanceUID SeriesNumber Modality FrameOfReferenceUID Manufacturer ManufacturerModelName
DeviceSerialNumber SoftwareVersions InstanceNumber ContentDate ContentTime ImageType Rows Columns NumberOfFrames ContentLabel SegmentSequence
DimensionOrganizationSequence DimensionIndexSequence SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence ReferencedSeriesSequence SOPClassUID
SOPInstanceUID PixelData'''.split()
PRESENT = 'PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime StudyID AccessionNumber ReferringPhysicianName PositionReferenceIndicator ContentDescription ContentCreatorName'.split()
FIXED = {
    'Modality': 'SEG', 'SegmentationType': 'LABELMAP', 'SegmentsOverlap': 'NO', 'SamplesPerPixel': 1, 'PhotometricInterpretation': 'MONOCHROME2',
    'PixelRepresentation': 0, 'PixelPaddingValue': 0, 'SOPClassUID': '1.2.840.10008.5.1.4.1.1.66.7',
}
SEGMENT = 'SegmentNumber SegmentLabel SegmentAlgorithmType SegmentAlgorithmName SegmentedPropertyCategoryCodeSequence SegmentedPropertyTypeCodeSequence TrackingID TrackingUID'.split()


def missing(name, dataset, keywords):
    return [f'{name} lacks {keyword}' for keyword in keywords if keyword not in dataset or dataset[keyword].is_empty]


def check_labelmap(name, d):
    found = missing(name, d, FILLED) + [f'{name} lacks {keyword}' for keyword in PRESENT if keyword not in d]
    found += [f'{name} has {keyword} {d.get(keyword)}' for keyword, value in FIXED.items() if d.get(keyword) != value]
    if (d.BitsAllocated, d.BitsStored, d.HighBit) not in ((8, 8, 7), (16, 16, 15)):
        found.append(f'{name} has {d.BitsAllocated} bits')
    if d.get('LossyImageCompression') not in ('00', '01') or (d.LossyImageCompression == '01' and missing(name, d, ['LossyImageCompressionRatio', 'LossyImageCompressionMethod'])):
        found.append(f'{name} does not say how lossy it is')
    for segment in d.SegmentSequence:
        found += missing(name, segment, SEGMENT)
    if not set(np.unique(d.pixel_array)) <= {0} | {int(segment.SegmentNumber) for segment in d.SegmentSequence}:
        found.append(f'{name} has voxels of no segment')
    shared = d.SharedFunctionalGroupsSequence[0]
    found += missing(name, shared, ['PixelMeasuresSequence', 'PlaneOrientationSequence'])
    found += missing(name, shared.PixelMeasuresSequence[0], ['PixelSpacing', 'SliceThickness'])
    if len(d.PerFrameFunctionalGroupsSequence) != d.NumberOfFrames:
        found.append(f'{name} has groups for {len(d.PerFrameFunctionalGroupsSequence)} frames')
    organizations = {item.DimensionOrganizationUID for item in d.DimensionOrganizationSequence}
    for dimension in d.DimensionIndexSequence:
        found += missing(name, dimension, ['DimensionIndexPointer', 'FunctionalGroupPointer', 'DimensionOrganizationUID'])
        if dimension.DimensionOrganizationUID not in organizations:
            found.append(f'{name} has a dimension of no organization')
    for groups in d.PerFrameFunctionalGroupsSequence:
        found += missing(name, groups, ['FrameContentSequence', 'PlanePositionSequence']) + [f'{name} lacks DerivationImageSequence' for _ in [0] if 'DerivationImageSequence' not in groups]
        # Which segment a voxel belongs to stands in the voxel.
        if 'SegmentIdentificationSequence' in groups:
            found.append(f'{name} names the segment of a frame')
        values = groups.FrameContentSequence[0].DimensionIndexValues
        if np.size(values) != len(d.DimensionIndexSequence):
            found.append(f'{name} has {np.size(values)} dimension index values')
    return sorted(set(found))


for name, d in objects.items():
    if name.startswith('labelmap'):
        problems += check_labelmap(name, d)

if 'seg.dcm' in objects:
    binary = volume(objects['seg.dcm'], binary_labels)
    mapped = {}
    for name, d in objects.items():
        if name.startswith('labelmap'):
            mapped.update(volume(d, map_labels))
    if mapped:
        if set(binary) != set(mapped):
            problems.append('the label map has other frames than the segmentation')
        elif not all(np.array_equal(binary[k], mapped[k]) for k in binary):
            problems.append('the label map has other voxels than the segmentation')
    numbers = [int(s.SegmentNumber) for s in objects['seg.dcm'].SegmentSequence]
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(f'segments are numbered {numbers}')
print(json.dumps(problems))
