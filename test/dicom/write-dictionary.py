"""Prints the public data dictionary (PS3.6) as pydicom ships it: keyword -> tag and VR.

Repeating groups keep their mask ("60xx3000"). Run by the dictionary test, which compares the result with
src/dicom/dictionary.json; redirect the output there to take in a newer edition of the standard.
"""
import json
import sys

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

AMBIGUOUS = {"US or SS": "XS", "OB or OW": "OX", "US or OW": "LX", "US or SS or OW": "LX", "NONE": "--"}

entries = {}
for tag, (vr, _vm, _name, _retired, keyword) in sorted(DicomDictionary.items()):
    if keyword and tag >> 16 != 0:
        entries[keyword] = f"{tag:08X}{AMBIGUOUS.get(vr, vr)}"
for mask, (vr, _vm, _name, _retired, keyword) in sorted(RepeatersDictionary.items()):
    if keyword:
        entries[keyword] = mask + AMBIGUOUS.get(vr, vr)
json.dump(entries, sys.stdout, indent=1, ensure_ascii=True)
sys.stdout.write("\n")
