/** The tables of codes: what the standard allows, one meaning for each code, and those of public schemes as they are published. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fleischnerManagement } from '../../src/guidelines/fleischner-table.ts';
import * as codes from '../../src/results/codes.ts';
import * as conclusionCodes from '../../src/results/conclusion-codes.ts';
import * as reviewCodes from '../../src/results/review-codes.ts';
import { hasDebianPython } from '../helpers/peers.ts';

function isConcept(value: unknown): value is codes.CodedConcept {
  return Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === 'string');
}

function conceptsIn(value: unknown): readonly codes.CodedConcept[] {
  if (isConcept(value)) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(conceptsIn) : [];
}

const concepts = [codes, conclusionCodes, reviewCodes].flatMap((module) => conceptsIn({ ...module }));

describe('every code', () => {
  it('fits into its attributes (PS3.3 8.8, PS3.5 6.2)', () => {
    expect(concepts.length).toBeGreaterThan(120);
    for (const [value, scheme, meaning] of concepts) {
      expect(`${value} ${scheme} ${meaning}`).not.toMatch(/[\\\p{Cc}]/u);
      expect([value, value.length <= 16, scheme.length <= 16, meaning.length <= 64, value.trim() === value && value !== '']).toEqual([value, true, true, true, true]);
    }
  });

  it('means one thing, and of ours each thing has one code', () => {
    const meanings = Map.groupBy(concepts, ([value, scheme]) => `${scheme} ${value}`);
    for (const [key, same] of meanings) expect([key, ...new Set(same.map(([, , meaning]) => meaning))]).toEqual([key, same[0]![2]]);
    const ours = Map.groupBy(concepts.filter(([, scheme]) => scheme === codes.privateScheme), ([, , meaning]) => meaning);
    for (const [meaning, same] of ours) expect([meaning, ...new Set(same.map(([value]) => value))]).toEqual([meaning, same[0]![0]]);
  });
});

it.each(Object.entries(conclusionCodes.fleischnerCodes))('the code of %s says the times that the guideline says', (outcome, [, , meaning]) => {
  const times = (text: string): readonly string[] => [...new Set(text.match(/\d+/gu))].sort();
  expect(times(meaning)).toEqual(times(fleischnerManagement[outcome as keyof typeof fleischnerManagement].en));
});

it.runIf(hasDebianPython())('codes of DICOM and SNOMED CT are those of the dictionary that pydicom has', () => {
  const script = `
import json
from pydicom.sr._concepts_dict import concepts
known = {'DCM': {}, 'SCT': {}}
for scheme, values in known.items():
    for names in concepts[scheme].values():
        for value, (meaning, *_) in names.items():
            values.setdefault(value, []).append(meaning)
print(json.dumps(known))
`;
  const known = JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })) as Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  const asked = concepts.filter(([value, scheme]) => known[scheme]?.[value] !== undefined);
  expect(asked.length).toBeGreaterThan(60);
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/gu, '');
  const wrong = asked.filter(([value, scheme, meaning]) => !known[scheme]![value]!.map(plain).includes(plain(meaning)));
  expect(wrong.map(([value, scheme, meaning]) => `${scheme} ${value}: ${meaning} / ${known[scheme]![value]!.join(', ')}`)).toEqual([]);
});
