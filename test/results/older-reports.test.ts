/** The reports for older systems (Chest CAD SR, Enhanced SR), as trees that a person can read. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects, type ResultRole } from '../../src/results/build-result-objects.ts';
import { describeSr, type SrDescription, type SrNode } from '../../src/results/describe-sr.ts';
import { plainResults } from '../../src/results/options.ts';
import { outline } from './outline.ts';
import { axial, sampleInput, spheres } from './sample.ts';

const input = sampleInput(axial, spheres.slice(0, 2));
const reports = new Map<ResultRole, SrDescription>();

beforeAll(async () => {
  for (const [role, options, of] of [['cad-sr', { chestCadSr: true }, input], ['enhanced-sr', { enhancedSr: true }, sampleInput(axial, spheres.slice(0, 1))]] as const) {
    const made = await buildResultObjects({ ...of, options: { ...plainResults, ...options } });
    reports.set(role, describeSr(parsePart10(made.find((object) => object.role === role)!.part10).dataset));
  }
});

it.each(['cad-sr', 'enhanced-sr'] as const)('the %s is as written down', async (role) => {
  await expect(outline(reports.get(role)!)).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${role}.txt`));
});

function all(node: SrNode): readonly SrNode[] {
  return [node, ...node.children.flatMap(all)];
}

describe('the Chest CAD SR', () => {
  it('places each finding on its key image, which it names by its place in the tree', () => {
    const { content } = reports.get('cad-sr')!;
    // Positions count from 1, the root's first (PS3.3 C.17.3.2.5).
    const itemAt = (place: readonly number[]): SrNode | undefined => place.slice(1).reduce<SrNode | undefined>((node, position) => node?.children[position - 1], content);
    const findings = all(content).filter(({ code }) => code?.meaning === 'Abnormal opacity');
    const imagesOf = findings.map((finding) => all(finding).flatMap(({ referencedItem }) => (referencedItem === undefined ? [] : itemAt(referencedItem)?.references?.map(({ sopInstanceUID }) => sopInstanceUID) ?? ['nothing'])));
    // Centre and outline.
    expect(imagesOf).toEqual(input.findings.findings.map(({ sliceInstanceUID }) => [sliceInstanceUID, sliceInstanceUID]));
  });
});
