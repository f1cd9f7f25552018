/** Every structured report that is written, read by other toolkits. */
import { describe, expect, it } from 'vitest';

import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects, type ResultObject } from '../../src/results/build-result-objects.ts';
import { describeSr, type SrNode } from '../../src/results/describe-sr.ts';
import { buildReviewObjects } from '../../src/results/review-objects.ts';
import { buildRejectionNote, withPredecessors } from '../../src/results/supersede.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { dciodvfy, dcm2json, dsrdump, python } from './peers.ts';
import { addendum, aiReport, mixedReading, readingWithoutAI } from './review-sample.ts';
import { axial, createdAt, multiFrameInput, notAnalysedInput, sampleInput, spheres } from './sample.ts';

const partSolid = () => sampleInput(axial, [{ centre: [60, 40, 22], radiusMm: 6, finding: { type: 'part-solid', solidDiameterMm: 6.5 } }]);

async function one(objects: Promise<readonly ResultObject[]>): Promise<Uint8Array> {
  const report = (await objects).find(({ role }) => role === 'sr');
  if (report === undefined) throw new Error('no report');
  return report.part10;
}

const reports: readonly (readonly [string, () => Promise<Uint8Array>])[] = [
  ['solid nodules', () => one(buildResultObjects(sampleInput(axial, spheres)))],
  ['a part-solid nodule', () => one(buildResultObjects(partSolid()))],
  ['one multi-frame image', () => one(buildResultObjects(multiFrameInput()))],
  ['nothing found', () => one(buildResultObjects(sampleInput(axial, [])))],
  ['not analysed', () => one(buildResultObjects(notAnalysedInput()))],
  ['superseding', async () => withPredecessors(await one(buildResultObjects(sampleInput(axial, spheres))), [aiReport])],
  ['signed, with edits, a rejection and an addition', () => one(buildReviewObjects(mixedReading()))],
  ['an addendum', () => one(buildReviewObjects(addendum()))],
  ['signed without AI', () => one(buildReviewObjects(readingWithoutAI()))],
  ['a rejection note', async () => buildRejectionNote({ report: await one(buildResultObjects(sampleInput(axial, []))), rejected: [aiReport], fromVersion: 1, toVersion: 2, softwareVersion: '0.1.0', createdAt }).part10],
];

function count(node: SrNode): number {
  return node.children.reduce((sum, child) => sum + count(child), 1);
}

const script = `
import sys, json, pydicom
d = pydicom.dcmread(sys.argv[1])
def count(item):
    return 1 + sum(count(child) for child in item.get('ContentSequence', []))
print(json.dumps([str(d.PatientName), d.StudyInstanceUID, count(d)]))
`;

describe.each(reports)('%s', (_name, build) => {
  it.runIf(hasPrograms('dciodvfy', 'dsrdump', 'dcm2json') && hasDebianPython())('is read by every toolkit alike', async () => {
    const bytes = await build();
    const items = count(describeSr(parsePart10(bytes).dataset).content);
    expect(dciodvfy(bytes).errors).toEqual([]);
    expect(dsrdump(bytes)).toContain('Nguyễn^Thị Hồng');
    expect(python(bytes, script)).toEqual(['Nguyễn^Thị Hồng', '2.25.5', items]);
    const json = dcm2json(bytes);
    expect(json['00100010']?.Value).toEqual([{ Alphabetic: 'Nguyễn^Thị Hồng' }]);
    expect(JSON.stringify(json).match(/"0040A040"/gu)).toHaveLength(items);
  });
});
