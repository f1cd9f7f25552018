"""The LUNA16 evaluation written down step by step from its description, in numpy alone.

    official_oracle.py ANNOTATIONS EXCLUDED SERIESUIDS RESULTS [MAX_MARKS [DRAWS RESAMPLES]]

Prints one JSON object: sensitivities at the seven rates and their mean (null where the official script has NaN or ends
with an error: no nodule, or none that a mark hits), and the counts. With DRAWS (int32, little endian:
for each resample as many line numbers of SERIESUIDS as it has lines) also the 95 % intervals, at the seven rates, of the
mean, and at 1,000 places of the official grid. It is slow and plain on purpose: it shares nothing with the program it checks.
"""
import csv
import gzip
import json
import sys

import numpy as np

RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def rows_of(path):
    opened = gzip.open(path, "rt", newline="", encoding="utf-8-sig") if path.endswith(".gz") else open(path, newline="", encoding="utf-8-sig")
    with opened as file:
        return [row for row in csv.reader(file) if row]


def points_by_series(path, value_name):
    header, *rows = rows_of(path)
    wanted = [header.index(name) for name in ("coordX", "coordY", "coordZ", value_name)]
    uid_at = header.index("seriesuid")
    found = {}
    for row in rows:
        found.setdefault(row[uid_at], []).append(row)
    return found, wanted


def limited(marks, max_marks):
    """marks: n x 4 (x, y, z, probability) in file order."""
    if max_marks <= 0 or len(marks) <= max_marks:
        return marks
    descending = np.sort(marks[:, 3])[::-1]
    return marks[marks[:, 3] > descending[max_marks]][:max_marks]


def inside(point, diameter, marks):
    radius = (10.0 if diameter < 0 else diameter) / 2.0
    delta = point[None, :] - marks[:, :3]
    return delta[:, 0] ** 2 + delta[:, 1] ** 2 + delta[:, 2] ** 2 < radius ** 2


def evaluate(annotations, excluded, series, results, max_marks):
    tables = {name: points_by_series(path, value) for name, path, value in (
        ("included", annotations, "diameter_mm"), ("excluded", excluded, "diameter_mm"), ("marks", results, "probability"))}

    def of_series(name, uid):
        found, wanted = tables[name]
        return np.array([[float(row[at]) for at in wanted] for row in found.get(uid, [])], dtype=np.float64).reshape(-1, 4)

    truth, probability, missed, owner = [], [], [], []
    counts = dict(candidates=0, nodules=0, truePositives=0, falsePositives=0, falseNegatives=0, ignoredOnExcluded=0, ignoredDouble=0)
    for uid in series:
        marks = limited(of_series("marks", uid), max_marks)
        pool = np.ones(len(marks), dtype=bool)
        counts["candidates"] += len(marks)
        for x, y, z, diameter in of_series("included", uid):
            counts["nodules"] += 1
            hit = inside(np.array([x, y, z]), diameter, marks)
            pool[hit] = False
            truth.append(1)
            if hit.any():
                counts["truePositives"] += 1
                counts["ignoredDouble"] += int(hit.sum()) - 1
                probability.append(marks[hit, 3].max())
                missed.append(False)
            else:
                counts["falseNegatives"] += 1
                probability.append(-1e9)
                missed.append(True)
        for x, y, z, diameter in of_series("excluded", uid):
            hit = inside(np.array([x, y, z]), diameter, marks) & pool
            counts["ignoredOnExcluded"] += int(hit.sum())
            pool[hit] = False
        counts["falsePositives"] += int(pool.sum())
        truth.extend([0] * int(pool.sum()))
        probability.extend(marks[pool, 3])
        missed.extend([False] * int(pool.sum()))
        owner.extend([uid] * (len(truth) - len(owner)))
    return np.array(truth), np.array(probability, dtype=np.float64), np.array(missed, dtype=bool), owner, counts


def froc(truth, probability, missed, scans, rates=RATES):
    """The steps and the roundings of the official script: rates as parts of one first, counts after that."""
    gt, score = truth[~missed], probability[~missed]
    lesions, detected = truth.sum(), gt.sum()
    if detected == 0:
        return None
    order = np.argsort(-score, kind="stable")
    gt, score = gt[order], score[order]
    last_of_ties = np.r_[np.nonzero(np.diff(score))[0], len(score) - 1]
    hits = np.cumsum(gt)[last_of_ties]
    alarms = 1 + last_of_ties - hits
    if len(hits) > 2:
        # As roc_curve does it: a point in between that neither curve bends at is dropped.
        bends = np.r_[True, (np.diff(alarms, 2) != 0) | (np.diff(hits, 2) != 0), True]
        hits, alarms = hits[bends], alarms[bends]
    hits, alarms = np.r_[0, hits], np.r_[0, alarms]
    false_total = len(gt) - detected
    tpr = hits / hits[-1]
    fps = np.zeros(len(alarms)) if false_total == 0 else (alarms / alarms[-1]) * false_total / scans
    return np.interp(rates, fps, tpr * detected / lesions)


def intervals(truth, probability, missed, owner, series, draws):
    of_series = {}
    for at, uid in enumerate(owner):
        of_series.setdefault(uid, []).append(at)
    grid = np.linspace(RATES[0], RATES[-1], 10000)[::10]
    at_rates, at_grid = [], []
    for drawn in draws:
        chosen = np.array([at for line in drawn for at in of_series.get(series[line], [])], dtype=int)
        entries = truth[chosen], probability[chosen], missed[chosen], len(series)
        at_rates.append(froc(*entries))
        at_grid.append(froc(*entries, grid).astype(np.float32))
    low, high = int(np.floor(0.025 * len(draws))), int(np.floor(0.975 * len(draws)))

    def bounds(values):
        ordered = np.sort(np.array(values), axis=0)
        return [ordered[low].tolist(), ordered[high].tolist()]

    return {"ci": bounds(at_rates), "cpmCi": bounds([np.mean(row) for row in at_rates]), "band": bounds(at_grid), "bandMean": np.mean(at_grid, axis=0).tolist()}


def main():
    annotations, excluded, seriesuids, results = sys.argv[1:5]
    max_marks = int(sys.argv[5]) if len(sys.argv) > 5 else 100
    series = [row[0] for row in rows_of(seriesuids)]
    truth, probability, missed, owner, counts = evaluate(annotations, excluded, series, results, max_marks)
    sensitivities = froc(truth, probability, missed, len(series))
    json.dump({
        "sensitivities": None if sensitivities is None else list(map(float, sensitivities)),
        "cpm": None if sensitivities is None else float(np.mean(sensitivities)),
        **counts, "scans": len(series),
        **(intervals(truth, probability, missed, owner, series, np.fromfile(sys.argv[6], "<i4").reshape(int(sys.argv[7]), -1)) if len(sys.argv) > 7 else {}),
    }, sys.stdout)


if __name__ == "__main__":
    main()
