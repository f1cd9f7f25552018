"""CT slices with names and texts in the character sets of the table (JSON on stdin), encoded by pydicom."""
import json
import sys

import numpy
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

for row in json.load(sys.stdin):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = row["sopInstanceUID"]
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ct = FileDataset(row["path"], {}, file_meta=meta, preamble=b"\0" * 128)
    ct.SpecificCharacterSet = row["charset"] if len(row["charset"]) > 1 else row["charset"][0]
    ct.SOPClassUID = meta.MediaStorageSOPClassUID
    ct.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ct.StudyInstanceUID = row["studyInstanceUID"]
    ct.SeriesInstanceUID = row["studyInstanceUID"] + ".1"
    ct.PatientName = row["name"]
    ct.PatientID = row["patientID"]
    ct.PatientBirthDate = ""
    ct.PatientSex = "O"
    ct.StudyDescription = row["text"]
    ct.InstitutionName = row["text"]
    ct.ReferringPhysicianName = row["name"]
    ct.StudyDate, ct.StudyTime, ct.StudyID, ct.AccessionNumber = "20260303", "101112", "1", "A1"
    ct.Modality, ct.SeriesNumber, ct.InstanceNumber = "CT", 1, 1
    ct.FrameOfReferenceUID = row["studyInstanceUID"] + ".2"
    ct.ImagePositionPatient, ct.ImageOrientationPatient, ct.PixelSpacing = [0, 0, 0], [1, 0, 0, 0, 1, 0], [1, 1]
    ct.SamplesPerPixel, ct.PhotometricInterpretation, ct.Rows, ct.Columns = 1, "MONOCHROME2", 8, 8
    ct.BitsAllocated, ct.BitsStored, ct.HighBit, ct.PixelRepresentation = 16, 16, 15, 0
    request = Dataset()
    request.RequestedProcedureDescription = row["text"]
    ct.RequestAttributesSequence = [request]
    ct.PixelData = numpy.zeros((8, 8), "uint16").tobytes()
    ct.is_little_endian, ct.is_implicit_VR = True, False
    ct.save_as(row["path"], write_like_original=False)
