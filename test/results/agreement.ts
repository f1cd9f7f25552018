/** What a reader that knows none of our code takes from a segmentation and a report, beside the findings that they were made of. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { statesVolume } from '../../src/findings/notes.ts';
import type { Finding } from '../../src/findings/types.ts';
import type { NoduleTruth } from '../../src/phantom/types.ts';
import { runOk } from '../helpers/run.ts';

interface Read {
  readonly centre: readonly number[];
  readonly volumeMm3: number;
  readonly statedMm3?: number;
  readonly outlineCentre: readonly number[];
  readonly sliceCentre: readonly number[];
  readonly frameOffsetMm: number;
}

/** By tracking UID. */
export type ReadResults = Readonly<Record<string, Read>>;

/** Reads `seg.dcm` and `sr.dcm` in the folder, beside the images that they were made from, by pydicom and numpy. */
export async function readResults(folder: string, images: readonly Uint8Array[]): Promise<ReadResults> {
  await mkdir(join(folder, 'ct'));
  for (const [n, bytes] of images.entries()) await writeFile(join(folder, 'ct', String(n)), bytes);
  return JSON.parse(await runOk('/usr/bin/python3', [join(import.meta.dirname, 'read_results.py'), folder])) as ReadResults;
}

const awayMm = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((value, axis) => value - (b[axis] ?? NaN)));

/** Every finding agrees with its segment and its place in the report; where the border is in doubt, only their volumes have to. */
export function expectAgreement(findings: readonly Finding[], read: ReadResults): void {
  expect(findings.length).toBeGreaterThan(0);
  for (const finding of findings) {
    const seen = read[finding.trackingUID];
    const which = `${finding.trackingIdentifier}, ${finding.diameterMm} mm ${finding.type}, ${(finding.notes ?? []).join()}`;
    if (seen === undefined) throw new Error(`no segment for ${which}`);
    expect(Math.abs(seen.volumeMm3 / finding.volumeMm3 - 1), which).toBeLessThan(0.01);
    if (statesVolume(finding)) expect(Math.abs(seen.volumeMm3 / (seen.statedMm3 ?? NaN) - 1), which).toBeLessThan(0.01);
    else expect(seen.statedMm3, which).toBeUndefined();
    expect(seen.frameOffsetMm, which).toBeLessThan(0.001);
    if (finding.notes?.includes('leaked')) continue;
    expect(awayMm(seen.centre, finding.worldPoint), which).toBeLessThan(0.5);
    expect(awayMm(seen.outlineCentre, seen.sliceCentre), which).toBeLessThan(0.5);
  }
}

/** The findings are of these nodules, in this order: smooth ones lie where they are, and half of the volumes are within 15 per cent. */
export function expectTruth(findings: readonly Finding[], read: ReadResults, nodules: readonly NoduleTruth[]): void {
  const errors = nodules.map((nodule, n) => {
    const seen = read[findings[n]!.trackingUID]!;
    if (nodule.margin === 'smooth') expect(awayMm(seen.centre, nodule.worldPoint)).toBeLessThan(0.5);
    return Math.abs(seen.volumeMm3 / nodule.volumeMm3 - 1);
  });
  const median = errors.toSorted((a, b) => a - b)[Math.floor(errors.length / 2)];
  expect(median, JSON.stringify(errors)).toBeLessThan(0.15);
}
