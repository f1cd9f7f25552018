import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { items, text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { describeSr } from '../../src/results/describe-sr.ts';
import type { ObjectReference } from '../../src/results/object-reference.ts';
import { buildRejectionNote, withPredecessors } from '../../src/results/supersede.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { outline } from './outline.ts';
import { dciodvfy, dsrdump } from './peers.ts';
import { axial, createdAt, sampleInput, spheres } from './sample.ts';

async function report(): Promise<Uint8Array> {
  const sr = (await buildResultObjects(sampleInput(axial, spheres.slice(0, 1)))).find(({ role }) => role === 'sr');
  if (sr === undefined) throw new Error('no report');
  return sr.part10;
}

const earlier: readonly ObjectReference[] = [
  { studyInstanceUID: '2.25.5', seriesInstanceUID: '2.25.610', sopInstanceUID: '2.25.611', sopClassUID: '1.2.840.10008.5.1.4.1.1.66.4' },
  { studyInstanceUID: '2.25.5', seriesInstanceUID: '2.25.620', sopInstanceUID: '2.25.621', sopClassUID: '1.2.840.10008.5.1.4.1.1.88.34' },
  { studyInstanceUID: '2.25.5', seriesInstanceUID: '2.25.630', sopInstanceUID: '2.25.631', sopClassUID: '1.2.840.10008.5.1.4.1.1.11.1' },
];

const note = async () => buildRejectionNote({ report: await report(), rejected: earlier, fromVersion: 1, toVersion: 2, softwareVersion: '0.1.0', createdAt });

describe('a report that supersedes', () => {
  it('names its predecessor and is otherwise the report that it was', async () => {
    const before = await report();
    const after = withPredecessors(before, earlier.slice(1, 2));
    await expect(outline(describeSr(parsePart10(after).dataset))).toMatchFileSnapshot(join(import.meta.dirname, 'golden', 'superseding.txt'));
    const { predecessors, ...rest } = describeSr(parsePart10(after).dataset);
    expect(predecessors).toEqual(['2.25.621']);
    expect(rest).toEqual(describeSr(parsePart10(before).dataset));
    expect(withPredecessors(before, [])).toBe(before);
    if (hasPrograms('dciodvfy')) expect(dciodvfy(after)).toEqual({ recognised: 'Comprehensive3DSR', errors: [] });
  });
});

describe('the rejection note', () => {
  it('is as written down', async () => {
    await expect(outline(describeSr(parsePart10((await note()).part10).dataset))).toMatchFileSnapshot(join(import.meta.dirname, 'golden', 'rejection.txt'));
  });

  it('belongs to the order of the report', async () => {
    const [order, ...others] = items(parsePart10((await note()).part10).dataset, 'ReferencedRequestSequence');
    expect(others).toEqual([]);
    expect([text(order ?? {}, 'AccessionNumber'), text(order ?? {}, 'StudyInstanceUID')]).toEqual(['ACC77', '2.25.5']);
    expect([order]).toEqual(items(parsePart10(await report()).dataset, 'ReferencedRequestSequence'));
  });

  it('has the same bytes for the same input', async () => {
    expect((await note()).part10).toEqual((await note()).part10);
  });

  it.runIf(hasPrograms('dciodvfy', 'dsrdump'))('is valid', async () => {
    const { part10 } = await note();
    expect(dciodvfy(part10)).toEqual({ recognised: 'KeyObjectSelectionDocument', errors: [] });
    expect(dsrdump(part10)).toContain('Rejected for Quality Reasons');
  });
});
