import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import dictionary from '../../src/dicom/dictionary.json' with { type: 'json' };
import { keywordOf, tag, vrOf } from '../../src/dicom/tags.ts';
import { hasDebianPython } from '../helpers/peers.ts';

describe('the data dictionary', () => {
  it('knows tags by keyword and keywords by tag', () => {
    expect(tag('StudyInstanceUID')).toBe('0020000D');
    expect(tag('PixelData')).toBe('7FE00010');
    expect(keywordOf('00100010')).toBe('PatientName');
    expect(keywordOf('60023000')).toBe('OverlayData');
    expect(keywordOf('00091010')).toBeUndefined();
  });

  it.each([
    ['00100010', 'PN'], ['00280106', 'XS'], ['7FE00010', 'OX'], ['00283006', 'LX'], ['60003000', 'OX'], ['60FE0010', 'US'], ['60010010', 'LO'],
    ['00090010', 'LO'], ['00091001', 'UN'], ['00090000', 'UL'], ['00100000', 'UL'], ['00189999', 'UN'],
  ])('gives %s the VR %s', (tagText, vr) => {
    expect(vrOf(tagText)).toBe(vr);
  });

  it.runIf(hasDebianPython())('holds what pydicom takes from PS3.6', () => {
    const theirs = JSON.parse(execFileSync('/usr/bin/python3', [join(import.meta.dirname, 'write-dictionary.py')], { maxBuffer: 4 * 1024 * 1024 }).toString()) as Record<string, string>;
    // Another edition may know more or fewer attributes, but never another meaning of the same one.
    const both = Object.keys(theirs).filter((keyword) => keyword in dictionary);
    expect(both.length).toBeGreaterThan(4500);
    const differing = both.filter((keyword) => theirs[keyword] !== (dictionary as Record<string, string>)[keyword]);
    expect(differing.length).toBeLessThan(10);
  });
});
