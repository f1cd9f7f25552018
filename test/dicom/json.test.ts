import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Dataset } from '../../src/dicom/dataset.ts';
import { fromDicomJson, stringifyDicomJson, toDicomJson } from '../../src/dicom/json.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { hasDebianPython, hasSharedData, sharedData } from '../helpers/peers.ts';
import { pydicom } from './programs.ts';
import { imageFile } from './synthetic.ts';

const dataset: Dataset = {
  '00080016': { vr: 'UI', Value: ['1.2.3'] },
  '00081140': { vr: 'SQ', Value: [{ '00080018': { vr: 'UI', Value: ['1.2.4'] } }] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Nguyễn^Thị' }] },
  '00100040': { vr: 'CS' },
  '00189087': { vr: 'FD', Value: [Number.NaN, 1.5] },
  '00280010': { vr: 'US', Value: [512] },
  '20010010': { vr: 'LO', Value: ['Creator', null] },
  '7FE00010': { vr: 'OW', bytes: Uint8Array.of(1, 2) },
};

describe('DICOM JSON', () => {
  it('is written as PS3.18 F says', () => {
    expect(JSON.parse(stringifyDicomJson(toDicomJson(dataset)))).toEqual({
      '00080016': { vr: 'UI', Value: ['1.2.3'] },
      '00081140': { vr: 'SQ', Value: [{ '00080018': { vr: 'UI', Value: ['1.2.4'] } }] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Nguyễn^Thị' }] },
      '00100040': { vr: 'CS' },
      '00189087': { vr: 'FD', Value: ['NaN', 1.5] },
      '00280010': { vr: 'US', Value: [512] },
      '20010010': { vr: 'LO', Value: ['Creator', null] },
      '7FE00010': { vr: 'OW', InlineBinary: 'AQI=' },
    });
  });

  it('orders attributes although JavaScript does not', () => {
    expect(stringifyDicomJson(toDicomJson(dataset)).match(/"[0-9A-F]{8}"/gu)).toEqual(
      ['00080016', '00081140', '00080018', '00100010', '00100040', '00189087', '00280010', '20010010', '7FE00010'].map((tag) => `"${tag}"`),
    );
  });

  it('hands binary values to the caller with their path', () => {
    const nested: Dataset = { '00081140': { vr: 'SQ', Value: [{}, { '00420011': { vr: 'OB', bytes: Uint8Array.of(1) } }] } };
    const json = toDicomJson(nested, { bulkDataURI: (_element, path) => `bulk/${path.join('/')}` });
    expect(json).toEqual({ '00081140': { vr: 'SQ', Value: [{}, { '00420011': { vr: 'OB', BulkDataURI: 'bulk/00081140/1/00420011' } }] } });
  });

  it('comes back', () => {
    const finite: Dataset = { ...dataset, '00189087': { vr: 'FD', Value: [0.25, 1.5] } };
    const back = fromDicomJson(JSON.parse(stringifyDicomJson(toDicomJson(finite))));
    expect(toDicomJson(back)).toEqual(toDicomJson(finite));
    expect(back['7FE00010']?.bytes).toEqual(Buffer.from([1, 2]));
  });

  it.each([
    ['text', 'x'], ['an array', []], ['a keyword as name', { PatientName: { vr: 'PN' } }], ['no vr', { '00100010': {} }], ['an unknown vr', { '00100010': { vr: 'XX' } }],
    ['a Value that is no array', { '00100010': { vr: 'PN', Value: 'x' } }], ['an object as text', { '00100020': { vr: 'LO', Value: [{}] } }], ['a nested array', { '00100020': { vr: 'LO', Value: [[]] } }],
  ])('refuses %s', (_name, json) => {
    expect(() => fromDicomJson(json)).toThrow(expect.objectContaining({ code: 'DICOM_MALFORMED' }));
  });

  it('refuses endless nesting', () => {
    let json: unknown = {};
    for (let depth = 0; depth < 5000; depth += 1) json = { '00081140': { vr: 'SQ', Value: [json] } };
    expect(() => fromDicomJson(json)).toThrow(expect.objectContaining({ code: 'DICOM_MALFORMED' }));
  });
});

type Json = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

/** pydicom's JSON writes a DS as a number too; group lengths and pixel data are left out of the comparison. */
function comparable(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([tag]) => tag !== '7FE00010' && !tag.endsWith('0000') && tag !== 'FFFCFFFC'));
}

describe.runIf(hasDebianPython())('against pydicom', () => {
  const script = 'import pydicom,sys,json;d=pydicom.dcmread(sys.argv[1],stop_before_pixels=True);print(json.dumps(d.to_json_dict()))';
  const compare = (bytes: Uint8Array): void => {
    const theirs = comparable(JSON.parse(pydicom(bytes, script)) as Json);
    const ours = comparable(JSON.parse(stringifyDicomJson(toDicomJson(parsePart10(bytes).dataset))) as Json);
    expect(Object.keys(theirs).length).toBeGreaterThan(15);
    expect(ours).toEqual(theirs);
  };

  it('reads a synthetic image alike', () => {
    compare(imageFile());
  });

  it.runIf(hasSharedData())('reads real images alike', () => {
    const folder = join(sharedData, 'ct');
    const series = readdirSync(folder).filter((name) => !name.includes('.')).slice(0, 3);
    for (const name of series) {
      const [first] = readdirSync(join(folder, name)).filter((file) => file.endsWith('.dcm'));
      if (first !== undefined) compare(readFileSync(join(folder, name, first)));
    }
    expect(series.length).toBeGreaterThan(0);
  });
});
