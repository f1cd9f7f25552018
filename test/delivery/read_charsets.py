"""Name, description and referring physician of each file named in the arguments, as pydicom reads them: JSON."""
import json
import sys

import pydicom

rows = {}
for path in sys.argv[1:]:
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    rows[ds.SOPInstanceUID] = [str(ds.PatientName), ds.StudyDescription, str(ds.ReferringPhysicianName)]
json.dump(rows, sys.stdout)
