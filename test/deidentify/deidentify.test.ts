/** An object stuffed with identifiers in every attribute that the standard has: nothing of them is left in the bytes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { number, text } from '../../src/dicom/access.ts';
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import dictionary from '../../src/dicom/dictionary.json' with { type: 'json' };
import { encodePart10 } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { keywordOf, tag, type Keyword } from '../../src/dicom/tags.ts';
import { createDeidentifyContext } from '../../src/deidentify/context.ts';
import { moveDate, moveDateTime } from '../../src/deidentify/dates.ts';
import { deidentifyDataset, pictureRefusal } from '../../src/deidentify/deidentify-dataset.ts';
import { deidentifyInstance } from '../../src/deidentify/deidentify-instance.ts';
import { actionFor, profileTable, type Action } from '../../src/deidentify/profile-table.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { run, runOk } from '../helpers/run.ts';
import { seriesDatasets } from '../volume/synthetic-series.ts';
import { tableE11, type TableAction } from './table-e1-1.ts';

const secret = Buffer.alloc(32, 7);
const context = createDeidentifyContext(secret, { patientCharacteristics: false });
const texts = new Set(['LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'UR', 'AE', 'PN']);
const markers = ['SECRETWORD', 'TRANVAN', 'Trần', 'Thị', 'MRN-0042', '19511224', '1.2.3.4.99', 'HOSPITALX'] as const;

/** Every attribute of the dictionary that can hold words, a date or a UID, with some of them. */
function stuff(dataset: Dataset): void {
  for (const [keyword, code] of Object.entries(dictionary)) {
    const [tagText, vr] = [code.slice(0, 8).replaceAll('x', '0'), code.slice(8)];
    if (/^(?:0000|0002|0004|FFFE|FFFA|FFFC)/u.test(tagText) || tagText.endsWith('0000') || dataset[tagText] !== undefined || /^(?:5|6|7F)/u.test(tagText)) continue;
    if (vr === 'PN') dataset[tagText] = { vr, Value: [{ Alphabetic: 'TRANVAN^SECRETWORD' }] };
    else if (texts.has(vr)) dataset[tagText] = { vr, Value: [vr === 'AE' ? 'SECRETWORD' : 'SECRETWORD x'] };
    else if (vr === 'DA') dataset[tagText] = { vr, Value: ['19511224'] };
    else if (vr === 'DT') dataset[tagText] = { vr, Value: ['19511224101112'] };
    else if (vr === 'UI' && !/^(?:Media|SOPClass|TransferSyntax)/u.test(keyword)) dataset[tagText] = { vr, Value: ['1.2.3.4.99'] };
    else if (vr === 'OB' || vr === 'OW' || vr === 'UN') dataset[tagText] = { vr: vr === 'UN' ? 'UN' : vr, bytes: Buffer.from('SECRETWORD') };
  }
}

function stuffed(): Dataset {
  const dataset: Dataset = { ...seriesDatasets({ slices: 1 })[0]! };
  put(dataset, 'SpecificCharacterSet', 'ISO_IR 192');
  put(dataset, 'PatientName', 'Trần^Thị^SECRETWORD');
  put(dataset, 'PatientID', 'MRN-0042');
  put(dataset, 'PatientBirthDate', '19511224');
  put(dataset, 'PatientSex', 'F');
  put(dataset, 'PatientAge', '095Y');
  put(dataset, 'PatientWeight', 61);
  put(dataset, 'StudyDate', '20240105');
  put(dataset, 'ConvolutionKernel', 'STANDARD');
  put(dataset, 'Manufacturer', 'MADE FOR TRAN THI');
  put(dataset, 'ManufacturerModelName', 'Scanner 64');
  put(dataset, 'InstitutionName', 'HOSPITALX');
  const item: Dataset = {};
  stuff(item);
  stuff(dataset);
  const nested: Dataset = { [tag('ReferencedImageSequence')]: { vr: 'SQ', Value: [item] } };
  put(dataset, 'ReferencedImageSequence', nested);
  put(dataset, 'CTExposureSequence', item);
  put(dataset, 'RequestAttributesSequence', item);
  dataset['00091001'] = { vr: 'UN', bytes: Buffer.from('SECRETWORD') };
  dataset['00090010'] = { vr: 'LO', Value: ['SECRETWORD'] };
  dataset['60003000'] = { vr: 'OW', bytes: Buffer.from('SECRETWORD') };
  dataset['50003000'] = { vr: 'OW', bytes: Buffer.from('SECRETWORD') };
  dataset[tag('AcquisitionNumber')] = { vr: 'IS', Value: ['SECRETWORD'] };
  dataset[tag('ScanOptions')] = { vr: 'CS', Value: ['Trần'] };
  return dataset;
}

describe('nothing survives', () => {
  let bytes: Buffer;
  let original: Dataset;
  let result: Dataset;
  beforeAll(async () => {
    original = stuffed();
    const file = Buffer.from(encodePart10(original, { values: 'received' }));
    // The preamble belongs to whoever wrote the file (PS3.10 7.1).
    file.write('SECRETWORD', 0, 'latin1');
    const done = await deidentifyInstance(file, context);
    if ('refused' in done) throw new Error(done.refused);
    bytes = Buffer.from(done.part10);
    result = parsePart10(bytes).dataset;
  });

  it('of the words, dates and UIDs that were in every attribute', () => {
    const before = Buffer.from(encodePart10(original, { values: 'received' }));
    for (const marker of markers) {
      expect(before.includes(marker), marker).toBe(true);
      expect(bytes.includes(marker), marker).toBe(false);
    }
    expect(Object.keys(original).length).toBeGreaterThan(900);
    expect(Object.keys(result).filter((key) => Number.parseInt(key.slice(0, 4), 16) % 2 === 1)).toEqual([]);
    expect(text(result, 'Manufacturer')).toBeUndefined();
    expect(text(result, 'PatientSex')).toBeUndefined();
    expect(result[tag('PatientWeight')]).toBeUndefined();
  });

  it('and what the images need is there', () => {
    expect(text(result, 'PatientName')).toBe(context.subject('MRN-0042'));
    expect(result[tag('PatientID')]!.Value).toEqual([context.subject('MRN-0042')]);
    expect(text(result, 'ConvolutionKernel')).toBe('STANDARD');
    expect(text(result, 'ManufacturerModelName')).toBe('Scanner 64');
    for (const keyword of ['Rows', 'Columns', 'RescaleSlope', 'RescaleIntercept', 'SliceThickness'] as const) expect(number(result, keyword)).toBe(number(original, keyword));
    expect(result[tag('ImagePositionPatient')]).toEqual(parsePart10(encodePart10(original, { values: 'received' })).dataset[tag('ImagePositionPatient')]);
    expect(text(result, 'PatientIdentityRemoved')).toBe('YES');
    const [first] = result[tag('DeidentificationMethodCodeSequence')]!.Value as readonly Dataset[];
    expect(text(first!, 'CodeValue')).toBe('113100');
    expect(text(result, 'StudyDate')).toBe(moveDate('20240105', context.shiftDays('MRN-0042')));
    const pixels = (file: Uint8Array): Buffer => {
      const { pixelData } = parsePart10(file);
      if (pixelData?.kind !== 'native') throw new Error('not native');
      return Buffer.from(file.subarray(pixelData.offset, pixelData.offset + pixelData.length));
    };
    expect(pixels(bytes)).toEqual(pixels(encodePart10(original, { values: 'received' })));
  });

  it.runIf(hasPrograms('dcmdump', 'dciodvfy'))('and others find neither an identifier nor a fault', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoi-deidentify-'));
    try {
      const clean = seriesDatasets({ slices: 1 })[0]!;
      put(clean, 'PatientName', 'Trần^Thị');
      put(clean, 'SpecificCharacterSet', 'ISO_IR 192');
      put(clean, 'PatientID', 'MRN-0042');
      for (const keyword of ['PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime', 'AccessionNumber', 'ReferringPhysicianName', 'StudyID', 'SeriesNumber', 'Manufacturer', 'PositionReferenceIndicator', 'KVP', 'PatientPosition'] as const) put(clean, keyword);
      const done = await deidentifyInstance(encodePart10(clean, { values: 'received' }), context);
      if ('refused' in done) throw new Error(done.refused);
      const path = join(folder, 'x.dcm');
      await writeFile(path, done.part10);
      const dump = await runOk('dcmdump', ['+U8', path]);
      expect(dump).toContain(context.subject('MRN-0042'));
      expect(dump).not.toMatch(/Trần|MRN-0042/u);
      const before = join(folder, 'before.dcm');
      await writeFile(before, encodePart10(clean, { values: 'received' }));
      const errors = async (file: string): Promise<readonly string[]> => (await run('dciodvfy', ['-new', file])).stderr.split('\n').filter((line) => line.startsWith('Error'));
      const known = new Set(await errors(before));
      expect((await errors(path)).filter((line) => !known.has(line))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

it('the table names every attribute once', () => {
  const all = Object.values(profileTable).flat();
  expect(all.filter((keyword, n) => all.indexOf(keyword) !== n)).toEqual([]);
  expect(all.length).toBeGreaterThan(180);
});

describe('against Table E.1-1', () => {
  const vrOf = new Map(Object.values(dictionary).map((code) => [code.slice(0, 8), code.slice(8, 10)]));
  /** Moved dates are an option of the profile; a value that says nothing may stand for an empty one and the other way round. */
  const allowed = (action: TableAction, vr: string): readonly Action[] => [
    'X', ...(action === 'X' ? [] : ['Z', 'D'] as const), ...(vr === 'UI' ? ['U'] as const : []), ...(vr === 'DA' || vr === 'DT' ? ['S'] as const : []),
  ];
  const kept = tableE11.flatMap(([code, action]) => {
    const [vr, keyword] = [vrOf.get(code) ?? 'UN', keywordOf(code)];
    return keyword === undefined || allowed(action, vr).includes(actionFor(code, vr)) ? [] : [keyword];
  });

  it('keeps nothing that the table removes, empties or replaces, except what its options clean', () => {
    const cleanedByItem: readonly Keyword[] = ['ContentSequence', 'VerifyingObserverSequence', 'ReferencedImageSequence', 'SourceImageSequence'];
    const timesOfDay: readonly Keyword[] = ['StudyTime', 'SeriesTime', 'AcquisitionTime', 'ContentTime', 'InstanceCreationTime', 'PresentationCreationTime', 'Time'];
    expect(kept.toSorted()).toEqual([...cleanedByItem, ...timesOfDay].toSorted());
    expect(tableE11).toHaveLength(613);
  });

  it('lets no time of day stay that is not of the images or of what was made of them', () => {
    const times = Object.entries(dictionary).filter(([, code]) => code.slice(8) === 'TM' && !code.includes('x'));
    expect(times.length).toBeGreaterThan(40);
    expect(times.filter(([, code]) => actionFor(code.slice(0, 8), 'TM') !== 'X')).toHaveLength(7);
  });
});

describe('what belongs together stays together', () => {
  it('UIDs, subjects and distances between dates; another secret gives others', () => {
    const other = createDeidentifyContext(Buffer.alloc(32, 8), { patientCharacteristics: false });
    expect(context.uid('1.2.3')).toBe(createDeidentifyContext(secret, { patientCharacteristics: true }).uid('1.2.3'));
    expect(context.uid('1.2.3')).not.toBe(context.uid('1.2.4'));
    expect(other.uid('1.2.3')).not.toBe(context.uid('1.2.3'));
    expect(other.subject('A')).not.toBe(context.subject('A'));
    expect(context.uid('1.2.840.10008.5.1.4.1.1.2')).toBe('1.2.840.10008.5.1.4.1.1.2');
    expect(context.uid('1.2.840.10008.PATIENT')).toMatch(/^2\.25\.\d+$/u);
    const day = (text: string): number => Date.parse(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`) / 86_400_000;
    fc.assert(fc.property(fc.date({ min: new Date('1980-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }), fc.integer({ min: 1, max: 4000 }), (date, shift) => {
      const text = date.toISOString().slice(0, 10).replaceAll('-', '');
      expect(day(text) - day(moveDate(text, shift)!)).toBe(shift);
    }));
    expect(context.shiftDays('x') % 7).toBe(0);
  });

  it('a date that is none goes', () => {
    for (const wrong of ['', '2024', '20240230', 'TRANVAN', '2024-01-05', '20240105-20240106', '00010101']) expect(moveDate(wrong, 7)).toBeUndefined();
    expect(moveDateTime('20240110101112.123+0700', 7)).toBe('20240103101112.123');
    expect(moveDateTime('2024', 7)).toBeUndefined();
  });

  it('patient characteristics are kept when wanted, the age up to 90', () => {
    const kept = deidentifyDataset(stuffed(), createDeidentifyContext(secret, { patientCharacteristics: true }));
    expect(text(kept, 'PatientSex')).toBe('F');
    expect(text(kept, 'PatientAge')).toBe('090Y');
    expect(number(kept, 'PatientWeight')).toBe(61);
    const codes = (kept[tag('DeidentificationMethodCodeSequence')]!.Value as readonly Dataset[]).map((item) => text(item, 'CodeValue'));
    expect(codes).toEqual(['113100', '113104', '113107', '113108']);
  });
});

describe('pictures that may have words in them are refused', () => {
  const image = (change: (dataset: Dataset) => void): string | undefined => {
    const dataset: Dataset = { ...seriesDatasets({ slices: 1 })[0]! };
    change(dataset);
    return pictureRefusal(dataset);
  };
  it('as their attributes say', () => {
    expect(image(() => undefined)).toBeUndefined();
    expect(image((dataset) => put(dataset, 'BurnedInAnnotation', 'YES'))).toContain('burned-in');
    expect(image((dataset) => put(dataset, 'RecognizableVisualFeatures', 'YES'))).toContain('recognizable');
    expect(image((dataset) => put(dataset, 'Modality', 'US'))).toContain('words');
    expect(image((dataset) => put(dataset, 'ImageType', 'DERIVED', 'SECONDARY', 'OTHER'))).toContain('words');
    expect(image((dataset) => { put(dataset, 'ImageType', 'DERIVED', 'SECONDARY'); put(dataset, 'BurnedInAnnotation', 'NO'); })).toBeUndefined();
    expect(image((dataset) => put(dataset, 'ConversionType', 'WSD'))).toContain('words');
    expect(image((dataset) => put(dataset, 'ImageType', 'DERIVED', 'PRIMARY', 'AXIAL'))).toContain('words');
    expect(image((dataset) => put(dataset, 'ImageType'))).toContain('words');
    expect(image((dataset) => { put(dataset, 'ImageType', 'DERIVED', 'PRIMARY'); put(dataset, 'BurnedInAnnotation', 'NO'); })).toBeUndefined();
    expect(pictureRefusal({})).toBeUndefined();
  });

  it('and an instance comes back with the reason instead of bytes', async () => {
    const dataset: Dataset = { ...seriesDatasets({ slices: 1 })[0]! };
    put(dataset, 'BurnedInAnnotation', 'YES');
    expect(await deidentifyInstance(encodePart10(dataset, { values: 'received' }), context)).toEqual({ refused: 'burned-in annotation' });
    putBytes(dataset, 'PixelData', 'OW', Buffer.alloc(0));
  });
});
