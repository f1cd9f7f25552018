"""The official LUNA16 evaluation itself, asked for what it computes and does not print.

    official_script.py SCRIPT ANNOTATIONS EXCLUDED SERIESUIDS RESULTS OUT

SCRIPT is noduleCADEvaluationLUNA16.py with what it imports beside it. Prints one JSON line last: the sensitivities at the
seven rates. Runs under Python 2 and 3, whichever the script is for.
"""
import json
import os
import sys

import numpy

script, annotations, excluded, series_uids, results, out = sys.argv[1:7]
sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
import matplotlib  # noqa: E402

matplotlib.use("Agg")
official = __import__(os.path.splitext(os.path.basename(script))[0])
nodules, uids = official.collect(annotations, excluded, series_uids)
fps, sens = official.evaluateCAD(uids, results, out, nodules, "results", maxNumberOfCADMarks=100)[:2]
values = numpy.interp([0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0], fps, sens)
sys.stdout.write("\n" + json.dumps([float(value) for value in values]) + "\n")
