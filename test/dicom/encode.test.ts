import { describe, expect, it } from 'vitest';

import { items, text } from '../../src/dicom/access.ts';
import { put, putBytes } from '../../src/dicom/build.ts';
import { formatDecimalString } from '../../src/dicom/check-value.ts';
import type { Dataset, DicomValue } from '../../src/dicom/dataset.ts';
import { encodeDataset, encodePart10, fileMeta, implementationClassUID } from '../../src/dicom/encode.ts';
import { parseDataset, parsePart10 } from '../../src/dicom/parse.ts';
import type { Keyword } from '../../src/dicom/tags.ts';
import { explicitVRLittleEndian, implicitVRLittleEndian, jpegLSLossless } from '../../src/dicom/transfer-syntax.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { inspect, pydicom } from './programs.ts';
import { imageDataset, imageFile } from './synthetic.ts';

function of(keyword: Keyword, ...values: readonly DicomValue[]): Dataset {
  const dataset: Dataset = {};
  put(dataset, keyword, ...values);
  return dataset;
}

describe('writing', () => {
  it('gives the bytes of PS3.5 for a known element', () => {
    expect(Buffer.from(encodeDataset(of('PatientID', 'ABC'))).toString('hex')).toBe('100020004c4f040041424320');
    expect(Buffer.from(encodeDataset(of('PatientID', 'ABC'), implicitVRLittleEndian)).toString('hex')).toBe('100020000400000041424320');
    expect(Buffer.from(encodeDataset(of('StudyInstanceUID', '1.2.3'))).toString('hex')).toBe('20000d0055490600312e322e3300');
    expect(Buffer.from(encodeDataset(of('Rows', 512))).toString('hex')).toBe('28001000555302000002');
    expect(Buffer.from(encodeDataset(of('DimensionIndexPointer', '0020000D'))).toString('hex').slice(-8)).toBe('20000d00');
  });

  it('orders elements, also those whose tags look like numbers', () => {
    const dataset = { ...of('ReferencedFrameOfReferenceUID', '1.2'), ...of('PatientID', 'A'), ...of('SOPClassUID', '1.2') };
    expect([...Object.keys(parseDataset(encodeDataset(dataset), explicitVRLittleEndian))].sort()).toEqual(['00080016', '00100020', '30060024']);
    const tagsInOrder = Buffer.from(encodeDataset(dataset)).toString('hex');
    expect(tagsInOrder.indexOf('10002000')).toBeGreaterThan(tagsInOrder.indexOf('08001600'));
    expect(tagsInOrder.indexOf('06302400')).toBeGreaterThan(tagsInOrder.indexOf('10002000'));
  });

  it.each<readonly [string, Dataset]>([
    ['a lower-case CS', of('Modality', 'ct')],
    ['a CS of 17 characters', of('Modality', 'A'.repeat(17))],
    ['a path as UID', of('StudyInstanceUID', '../../etc/passwd')],
    ['an LO of 65 characters', of('PatientID', 'A'.repeat(65))],
    ['a backslash in an LO', of('PatientID', 'A\\B')],
    ['a control character', of('PatientID', 'A\nB')],
    ['an impossible date', of('StudyDate', '20261301')],
    ['an impossible time', of('StudyTime', '250000')],
    ['a DS that is no number', of('RescaleSlope', 'one')],
    ['a DS of 17 characters', of('RescaleSlope', '1.234567890123456')],
    ['a DS that is not finite', of('RescaleSlope', Number.NaN)],
    ['an IS with a fraction', of('InstanceNumber', 1.5)],
    ['a US out of range', of('Rows', 65_536)],
    ['a US with a fraction', of('Rows', 1.5)],
    ['text for a US', of('Rows', '512')],
    ['a number for an LO', of('PatientID', 5)],
    ['two values of a UT', of('TextValue', 'a', 'b')],
    ['an item in text', of('PatientID', {})],
    ['text in a sequence', of('ReferencedSeriesSequence', 'x')],
    ['a foreign VR', { '00100020': { vr: 'SH', Value: ['A'] } }],
    ['an unknown VR', { '00100020': { vr: 'ZZ', Value: ['A'] } }],
    ['bulk data elsewhere', { '00091010': { vr: 'OB', BulkDataURI: 'http://localhost/' } }],
  ])('refuses %s', (_name, dataset) => {
    expect(() => encodeDataset(dataset)).toThrow(expect.objectContaining({ code: 'DICOM_INVALID_VALUE' }));
  });

  it('writes faulty values of other systems as they came', () => {
    const dataset = of('Modality', 'ct');
    expect(text(parseDataset(encodeDataset(dataset, explicitVRLittleEndian, { values: 'received' }), explicitVRLittleEndian), 'Modality')).toBe('ct');
  });

  it('never puts a value into an error', () => {
    expect(() => encodeDataset(of('PatientID', `Nguyen\n${'x'.repeat(80)}`))).toThrow(expect.not.objectContaining({ message: expect.stringContaining('Nguyen') as string }));
  });

  it('refuses a compressed syntax', () => {
    expect(() => encodePart10(imageDataset(), { transferSyntaxUID: jpegLSLossless })).toThrow(expect.objectContaining({ code: 'DICOM_UNSUPPORTED_TRANSFER_SYNTAX' }));
  });

  it('puts meta information in front of a data set', () => {
    const parsed = parsePart10(Buffer.concat([
      fileMeta({ sopClassUID: '1.2.3', sopInstanceUID: '1.2.4', transferSyntaxUID: implicitVRLittleEndian, sourceApplicationEntityTitle: 'SCANNER' }),
      encodeDataset(of('PatientID', 'A'), implicitVRLittleEndian),
    ]));
    expect(parsed.meta).toEqual({
      transferSyntaxUID: implicitVRLittleEndian, mediaStorageSOPClassUID: '1.2.3', mediaStorageSOPInstanceUID: '1.2.4',
      sourceApplicationEntityTitle: 'SCANNER', implementationClassUID, implementationVersionName: 'PHOI_0.1',
    });
  });

  it.each([0, -0.5, 1 / 3, -1 / 3, 1e22, 123_456_789_012_345_680, -1.234_567_890_123_456e-7, Math.PI * 100, -1.234_567_890_123_456e-200])('formats %d as a decimal string', (value) => {
    const formatted = formatDecimalString(value) ?? '';
    expect(formatted.length).toBeLessThanOrEqual(16);
    expect(Math.abs(Number(formatted) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-9);
    expect(() => encodeDataset(of('RescaleSlope', value))).not.toThrow();
  });
});

describe.runIf(hasDebianPython())('read by pydicom', () => {
  it('has the same values', () => {
    const dataset = imageDataset();
    const item: Dataset = {};
    put(item, 'CodeValue', '39607008');
    put(item, 'CodeMeaning', 'Lung');
    put(dataset, 'AnatomicRegionSequence', item, {});
    putBytes(dataset, 'ICCProfile', 'OB', Uint8Array.of(1, 2, 3));
    put(dataset, 'PixelPaddingValue', -2000);
    dataset['00091001'] = { vr: 'FD', Value: [0.1] };
    const script = [
      'import pydicom,sys', 'd=pydicom.dcmread(sys.argv[1])',
      'print([str(d.PatientName),[float(x) for x in d.ImagePositionPatient],d.AnatomicRegionSequence[0].CodeMeaning,len(d.AnatomicRegionSequence),list(d.ICCProfile),d.PixelPaddingValue,d[0x00091001].value,int(d.pixel_array[0,1])])',
    ].join('\n');
    for (const syntax of [explicitVRLittleEndian, implicitVRLittleEndian]) {
      const fd = syntax === explicitVRLittleEndian ? '0.1' : "b'\\x9a\\x99\\x99\\x99\\x99\\x99\\xb9?'";
      dataset['00280103'] = { vr: 'US', Value: [1] };
      expect(pydicom(encodePart10(dataset, { transferSyntaxUID: syntax }), script).trim())
        .toBe(`['Phantom^Synthetic', [-100.5, 20.25, 1234.125], 'Lung', 2, [1, 2, 3, 0], -2000, ${fd}, 4095]`);
    }
  });
});

describe.runIf(hasPrograms('dcmdump'))('read by DCMTK', () => {
  it('has no warning', () => {
    expect(inspect(imageFile(), 'dcmdump', '-q', '+P', 'PatientName')).toContain('[Phantom^Synthetic]');
  });
});

describe('values through writing and reading', () => {
  it('stay what they are', () => {
    const dataset: Dataset = {
      '00080018': { vr: 'UI', Value: ['1.2.3'] },
      '00081140': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['A'] } }, {}] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B', Ideographic: '山田', Phonetic: 'x' }] },
      '00100040': { vr: 'CS' },
      '00189074': { vr: 'DT', Value: ['20260102030405.123456+0700'] },
      '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
      '00209165': { vr: 'AT', Value: ['0020000D', '00200032'] },
      '00091001': { vr: 'UN', bytes: Uint8Array.of(1, 2) },
      '00091002': { vr: 'UV', Value: ['18446744073709551615', 5] },
      '00091003': { vr: 'SV', Value: [-5, '-9223372036854775808'] },
      '00091004': { vr: 'FL', Value: [0.5, -1.5] },
      '00091005': { vr: 'SL', Value: [-2_147_483_648] },
      '00091006': { vr: 'UT', Value: ['line\r\nwith \\ backslash'] },
    };
    const read = parseDataset(encodeDataset(dataset), explicitVRLittleEndian);
    expect(read).toEqual({ ...dataset, '00080005': { vr: 'CS', Value: ['ISO_IR 192'] } });
    expect(items(read, 'ReferencedImageSequence')).toHaveLength(2);
  });
});
