/** pydicom's own test files, as Debian installs them: odd, old and foreign data sets, compared with what pydicom reads. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { decodeFrame } from '../../src/dicom/codec.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { stringifyDicomJson, toDicomJson } from '../../src/dicom/json.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { AppError } from '../../src/errors.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { convert } from './programs.ts';

const root = '/usr/lib/python3/dist-packages/pydicom/data';

/** Files that must be refused, and why. */
const refused: Readonly<Record<string, string>> = {
  'ExplVR_BigEndNoMeta.dcm': 'DICOM_NOT_PART10', 'ExplVR_LitEndNoMeta.dcm': 'DICOM_NOT_PART10', 'no_meta.dcm': 'DICOM_NOT_PART10', 'rtstruct.dcm': 'DICOM_NOT_PART10',
  'MR_truncated.dcm': 'DICOM_TRUNCATED', 'rtplan_truncated.dcm': 'DICOM_TRUNCATED', 'meta_missing_tsyntax.dcm': 'DICOM_MISSING_ATTRIBUTE',
  // Headers of images whose pixel data was taken away.
  'chrJapMulti.dcm': 'DICOM_TRUNCATED', 'chrJapMultiExplicitIR6.dcm': 'DICOM_TRUNCATED', 'chrKoreanMulti.dcm': 'DICOM_TRUNCATED',
};
/** Where pydicom fails, or where it keeps a private group below 0008, which is not part of a data set here. */
const incomparable = new Set(['badVR.dcm', 'nested_priv_SQ.dcm', 'priv_SQ.dcm']);

const files = hasDebianPython()
  ? ['test_files', 'charset_files', 'palettes'].flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.dcm')).map((name) => ({ name, path: join(root, folder, name) })))
  : [];

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Without what carries no meaning: padding spaces, empty values and lists, group lengths, pixel data. */
function canonical(value: Json): Json {
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  if (Array.isArray(value)) return (value as readonly Json[]).map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, Json>>)
    .filter(([key, inner]) => !/^(?:....0000|FFFCFFFC|7FE00010)$/u.test(key) && !(key === 'Value' && Array.isArray(inner) && inner.length === 0))
    .map(([key, inner]): readonly [string, Json] => [key, key === 'Alphabetic' && typeof inner === 'string' ? inner.replace(/[ ^]+$/u, '') : canonical(inner)])
    .filter(([key, inner]) => !(key === 'Value' && Array.isArray(inner) && inner.length === 1 && inner[0] === null))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const object = Object.fromEntries(entries);
  return object['Alphabetic'] === '' ? null : object;
}

describe.runIf(files.length > 0)('foreign data sets', () => {
  const script = `
import sys, json, warnings
warnings.simplefilter('ignore')
import pydicom
out = {}
for path in sys.stdin.read().split('\\n'):
    try:
        d = pydicom.dcmread(path)
        d.pop('PixelData', None)
        out[path] = d.to_json_dict()
    except Exception as error:
        out[path] = None
print(json.dumps(out))
`;
  const readable = files.filter(({ name }) => refused[name] === undefined);
  const theirs = files.length === 0 ? {} : JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], {
    input: readable.map(({ path }) => path).join('\n'), stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 256 * 1024 * 1024,
  }).toString()) as Readonly<Record<string, Json>>;

  it.each(readable.filter(({ name }) => !incomparable.has(name)))('$name is read as pydicom reads it', ({ path }) => {
    const reference = theirs[path];
    if (reference === undefined || reference === null) throw new Error('pydicom cannot read the file');
    const { dataset } = parsePart10(readFileSync(path));
    expect(canonical(JSON.parse(stringifyDicomJson(toDicomJson(dataset))) as Json)).toEqual(canonical(reference));
  });

  it.each(readable)('$name comes through writing and reading', ({ path }) => {
    const { dataset } = parsePart10(readFileSync(path));
    const own = { '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.66'] }, '00080018': { vr: 'UI', Value: ['2.25.1'] } };
    const withoutImage = Object.fromEntries(Object.entries(dataset).filter(([tag]) => !tag.startsWith('0028001') && tag !== '00080005'));
    const again = parsePart10(encodePart10({ ...withoutImage, ...own }, { values: 'received' })).dataset;
    delete again['00080005'];
    // Everything is UTF-8 after writing, so that items do not declare a set of their own.
    const strip = (text: string): string => text.replaceAll(/"00080005":\{"Value":\[[^\]]*\],"vr":"CS"\},?/gu, '');
    expect(strip(stringifyDicomJson(toDicomJson(again)))).toBe(strip(stringifyDicomJson(toDicomJson({ ...withoutImage, ...own }))));
  });

  it.each(Object.entries(refused))('%s is refused: %s', (name, code) => {
    const path = files.find((file) => file.name === name)?.path;
    if (path === undefined) throw new Error('the file is not installed');
    let found = 'accepted';
    try {
      parsePart10(readFileSync(path));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found = error.code;
    }
    expect(found).toBe(code);
  });
});

/** What is not decoded, by design: more than 16 bits, no image, and one codestream that was damaged for a test of another kind. */
const undecodable = /32bit|rtdose|badVR|nested_priv_SQ|embedded-sequence-delimiter/u;
/** gdcmconv cannot read these, mixes up their bytes, or leaves them YCbCr. */
const withoutReference = /rle_16bit|ybr_full|dcmtk_\+eb\+cy|rgb_jpeg_dcmtk/u;

describe.runIf(files.length > 0 && hasPrograms('gdcmconv'))('foreign pixel data', () => {
  const images = files.filter(({ name, path }) => refused[name] === undefined && !undecodable.test(name) && parsePart10(readFileSync(path)).pixelData !== undefined);

  it.each(images)('of $name can be decoded', async ({ path }) => {
    const bytes = readFileSync(path);
    const frame = await decodeFrame(bytes, parsePart10(bytes), 0);
    expect(frame.samples).toHaveLength(frame.rows * frame.columns * frame.samplesPerPixel);
  });

  it.each(images.filter(({ name }) => !withoutReference.test(name)))('of $name decodes as GDCM decodes it', async ({ path }) => {
    const bytes = readFileSync(path);
    const reference = convert(bytes, 'gdcmconv', '--raw');
    const [ours, theirs] = await Promise.all([decodeFrame(bytes, parsePart10(bytes), 0), decodeFrame(reference, parsePart10(reference), 0)]);
    let largest = 0;
    for (let at = 0; at < theirs.samples.length; at += 1) largest = Math.max(largest, Math.abs((ours.samples[at] ?? Infinity) - (theirs.samples[at] ?? 0)));
    expect(largest).toBe(0);
  });
});
