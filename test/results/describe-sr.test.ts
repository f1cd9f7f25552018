import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { parsePart10 } from '../../src/dicom/parse.ts';
import { describeSr, isStructuredReport } from '../../src/results/describe-sr.ts';
import type { SrNode } from '../../src/results/describe-sr.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { dsrdump } from './peers.ts';
import { imageFile } from '../dicom/synthetic.ts';

const folder = '/usr/lib/python3/dist-packages/pydicom/data/test_files';
const foreign = ['test-SR.dcm', 'reportsi.dcm', 'reportsi_with_empty_number_tags.dcm'].filter((name) => existsSync(`${folder}/${name}`));

function all(node: SrNode): readonly SrNode[] {
  return [node, ...node.children.flatMap(all)];
}

describe.runIf(hasDebianPython() && hasPrograms('dsrdump'))('reports of other systems', () => {
  it.each(foreign)('%s has as many content items as DCMTK sees, with the same texts', (name) => {
    const bytes = readFileSync(`${folder}/${name}`);
    const { content } = describeSr(parsePart10(bytes).dataset);
    const nodes = all(content);
    // Some refer to images of retired classes, which DCMTK takes with these options only.
    const dump = dsrdump(bytes, '-Er', '-Ec', '-Ee', '-Ei');
    expect(nodes).toHaveLength((dump.match(/^ *(?:[\d.]+ )?</gmu) ?? []).length);
    for (const node of nodes) {
      // DCMTK prints long texts whole with these options, line breaks apart.
      for (const word of (node.text ?? '').split(/\s+/u)) if (/^[A-Za-z]{4,}$/u.test(word)) expect(dump).toContain(word);
      if (node.code !== undefined) expect(dump).toContain(node.code.meaning);
    }
  });
});

describe('what is no report', () => {
  it('is told apart', () => {
    expect(isStructuredReport(parsePart10(imageFile()).dataset)).toBe(false);
    expect(isStructuredReport({})).toBe(false);
    expect(describeSr({}).content).toEqual({ valueType: '', children: [] });
  });

  it('keeps odd content items without failing', () => {
    const { content } = describeSr({
      '0040A040': { vr: 'CS', Value: ['CONTAINER'] },
      '0040A730': { vr: 'SQ', Value: [
        { '0040A040': { vr: 'CS', Value: ['NUM'] }, '0040A300': { vr: 'SQ' } },
        { '0040A010': { vr: 'CS', Value: ['SELECTED FROM'] }, '0040DB73': { vr: 'UL', Value: [1, 2, 3] } },
        { '0040A040': { vr: 'CS', Value: ['SCOORD'] }, '00700022': { vr: 'FL', Value: [1.5, 2.5] }, '00700023': { vr: 'CS', Value: ['POINT'] } },
      ] },
    });
    expect(content.children).toEqual([
      { valueType: 'NUM', children: [] },
      { valueType: '', relationship: 'SELECTED FROM', referencedItem: [1, 2, 3], children: [] },
      { valueType: 'SCOORD', graphic: { type: 'POINT', data: [1.5, 2.5] }, children: [] },
    ]);
  });
});
