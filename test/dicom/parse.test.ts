import { deflateRawSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { number, text } from '../../src/dicom/access.ts';
import { encodeDataset, encodePart10, fileMeta } from '../../src/dicom/encode.ts';
import { parseDataset, parseHeader, parsePart10 } from '../../src/dicom/parse.ts';
import { deflatedExplicitVRLittleEndian, explicitVRBigEndian, explicitVRLittleEndian, implicitVRLittleEndian, jpegLSLossless } from '../../src/dicom/transfer-syntax.ts';
import { verifyComplete } from '../../src/dicom/verify.ts';
import { AppError } from '../../src/errors.ts';
import { cpuTimeMs } from '../helpers/cpu-time.ts';
import { imageDataset, imageFile } from './synthetic.ts';

function meta(transferSyntaxUID = explicitVRLittleEndian): Uint8Array {
  return fileMeta({ sopClassUID: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUID: '2.25.11', transferSyntaxUID });
}
function file(body: Uint8Array | readonly number[], transferSyntaxUID?: string): Uint8Array {
  return Buffer.concat([meta(transferSyntaxUID), Uint8Array.from(body)]);
}
/** An explicit VR little endian element; `length` may lie. */
function explicit(group: number, element: number, vr: string, value: Uint8Array | readonly number[] = [], length = value.length): Uint8Array {
  const long = ['OB', 'OW', 'SQ', 'UN', 'UT'].includes(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(length, 8);
  else head.writeUInt16LE(length, 6);
  return Buffer.concat([head, Uint8Array.from(value)]);
}
function marker(element: number, length: number): Uint8Array {
  const out = Buffer.alloc(8);
  out.writeUInt16LE(0xfffe, 0);
  out.writeUInt16LE(element, 2);
  out.writeUInt32LE(length, 4);
  return out;
}
function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'accepted';
}

const patientID = explicit(0x10, 0x20, 'LO', Buffer.from('ID'));

describe('reading what is right', () => {
  it.each([
    ['explicit', explicitVRLittleEndian], ['implicit', implicitVRLittleEndian], ['deflated', deflatedExplicitVRLittleEndian],
  ])('reads %s VR little endian', (_name, uid) => {
    const parsed = parsePart10(imageFile({}, uid));
    expect(parsed.meta.transferSyntaxUID).toBe(uid);
    expect(text(parsed.dataset, 'PatientName')).toBe('Phantom^Synthetic');
    expect(parsed.dataset['00200032']?.Value).toEqual([-100.5, 20.25, 1234.125]);
    expect(parsed.dataset['00280010']).toEqual({ vr: 'US', Value: [48] });
    expect(parsed.pixelData).toMatchObject({ kind: 'native', length: 48 * 64 * 2 });
  });

  it('reads big endian', () => {
    const rows = Buffer.from([0x00, 0x28, 0x00, 0x10, 0x55, 0x53, 0x00, 0x02, 0x01, 0x00]);
    const words = Buffer.from([0x00, 0x28, 0x12, 0x01, 0x4f, 0x57, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x12, 0x34]);
    const parsed = parsePart10(file(Buffer.concat([rows, words]), explicitVRBigEndian));
    expect(number(parsed.dataset, 'Rows')).toBe(256);
    expect(parsed.dataset['00281201']?.bytes).toEqual(Uint8Array.of(0x34, 0x12));
  });

  it('reads a data set without file meta information', () => {
    const dataset = parseDataset(encodeDataset(imageDataset(), implicitVRLittleEndian), implicitVRLittleEndian);
    expect(text(dataset, 'SeriesInstanceUID')).toBe('2.25.13');
    expect(dataset['7FE00010']?.bytes).toHaveLength(48 * 64 * 2);
  });

  it('reads nested sequences of defined and undefined length', () => {
    const inner = Buffer.concat([marker(0xe000, 0xffff_ffff), explicit(8, 0x100, 'SH', Buffer.from('CODE')), marker(0xe00d, 0)]);
    const open = Buffer.concat([explicit(8, 0x1140, 'SQ', [], 0xffff_ffff), inner, marker(0xe000, 0), marker(0xe0dd, 0)]);
    const closed = explicit(8, 0x2112, 'SQ', Buffer.concat([marker(0xe000, 12), explicit(8, 0x100, 'SH', Buffer.from('SAME'))]));
    const { dataset } = parsePart10(file(Buffer.concat([open, closed, patientID])));
    expect(dataset['00081140']?.Value).toEqual([{ '00080100': { vr: 'SH', Value: ['CODE'] } }, {}]);
    expect(dataset['00082112']?.Value).toEqual([{ '00080100': { vr: 'SH', Value: ['SAME'] } }]);
    expect(text(dataset, 'PatientID')).toBe('ID');
  });

  it('keeps private sequences and reads an undefined-length UN as implicit VR', () => {
    const implicitElement = Buffer.from([0x08, 0x00, 0x00, 0x01, 0x02, 0, 0, 0, 0x41, 0x42]);
    const un = Buffer.concat([explicit(9, 0x1001, 'UN', [], 0xffff_ffff), marker(0xe000, implicitElement.length), implicitElement, marker(0xe0dd, 0)]);
    const { dataset } = parsePart10(file(Buffer.concat([un, patientID])));
    expect(dataset['00091001']).toEqual({ vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['AB'] } }] });
  });

  it('gives a public element of VR UN its own VR back', () => {
    const { dataset } = parsePart10(file(explicit(0x28, 0x10, 'UN', [0, 1])));
    expect(dataset['00280010']).toEqual({ vr: 'US', Value: [256] });
  });

  it('tolerates what real files hold', () => {
    const odd = Buffer.concat([
      explicit(8, 0, 'UL', [4, 0, 0, 0]),
      explicit(8, 5, 'CS', Buffer.from('ISO_IR 999 ')),
      explicit(0x10, 0x20, 'LO', Buffer.from('ODD')),
      explicit(0x10, 0x20, 'LO', Buffer.from('TWICE ')),
      explicit(0x20, 0x13, 'IS', Buffer.from('no number ')),
      explicit(0x28, 0x9, 'AT', [1]),
      explicit(0xfffc, 0xfffc, 'OB', [0, 0]),
      Buffer.alloc(64),
    ]);
    const { dataset } = parsePart10(file(odd));
    expect(text(dataset, 'PatientID')).toBe('ODD');
    expect(number(dataset, 'InstanceNumber')).toBeUndefined();
    expect(Object.keys(dataset)).not.toContain('00080000');
    expect(Object.keys(dataset)).not.toContain('FFFCFFFC');
  });

  it('reads implicit VR that calls itself explicit', () => {
    const { dataset, explicitVR } = parsePart10(file(encodeDataset(imageDataset(), implicitVRLittleEndian), explicitVRLittleEndian));
    expect(explicitVR).toBe(false);
    expect(text(dataset, 'PatientID')).toBe('PHANTOM-1');
  });

  it('takes the meta group as it is when its length is missing or wrong', () => {
    const right = imageFile();
    const wrong = Uint8Array.from(right);
    wrong.set([0xff, 0xff, 0, 0], 140);
    expect(text(parsePart10(wrong).dataset, 'PatientID')).toBe('PHANTOM-1');
    const without = Buffer.concat([right.subarray(0, 132), right.subarray(144)]);
    expect(text(parsePart10(without).dataset, 'PatientID')).toBe('PHANTOM-1');
  });

  it('reads the sign of US or SS from PixelRepresentation', () => {
    const dataset = imageDataset({ signed: true, bitsStored: 16 });
    dataset['00280120'] = { vr: 'SS', Value: [-2000] };
    expect(parsePart10(encodePart10(dataset, { transferSyntaxUID: implicitVRLittleEndian })).dataset['00280120']).toEqual({ vr: 'SS', Value: [-2000] });
  });
});

describe('refusing what is wrong', () => {
  const whole = imageFile();

  it.each([
    ['nothing', Buffer.alloc(0), 'DICOM_NOT_PART10'],
    ['131 bytes', Buffer.alloc(131), 'DICOM_NOT_PART10'],
    ['a text file', Buffer.from('not DICOM at all '.repeat(100)), 'DICOM_NOT_PART10'],
    ['no preamble', whole.subarray(128), 'DICOM_NOT_PART10'],
    ['the marker alone', whole.subarray(0, 132), 'DICOM_MISSING_ATTRIBUTE'],
    ['a cut meta group', whole.subarray(0, 150), 'DICOM_TRUNCATED'],
    ['a cut data set', whole.subarray(0, 500), 'DICOM_TRUNCATED'],
    ['a cut pixel value', whole.subarray(0, whole.length - 1), 'DICOM_TRUNCATED'],
    ['a length of 5 GB', file(explicit(0x7fe0, 0x10, 'OW', [1, 2], 0xffff_fffe)), 'DICOM_TRUNCATED'],
    ['a string longer than the file', file(explicit(0x10, 0x10, 'PN', [0x41], 60_000)), 'DICOM_TRUNCATED'],
    ['an unfinished sequence', file(explicit(8, 0x1140, 'SQ', [], 0xffff_ffff)), 'DICOM_TRUNCATED'],
    ['an unfinished item', file(Buffer.concat([explicit(8, 0x1140, 'SQ', [], 0xffff_ffff), marker(0xe000, 0xffff_ffff), patientID])), 'DICOM_TRUNCATED'],
    ['an item longer than its sequence', file(Buffer.concat([explicit(8, 0x1140, 'SQ', marker(0xe000, 10)), patientID])), 'DICOM_MALFORMED'],
    ['an element longer than its item', file(Buffer.concat([explicit(8, 0x1140, 'SQ', Buffer.concat([marker(0xe000, 10), explicit(8, 0x100, 'SH', [0x41, 0x42], 4)])), patientID])), 'DICOM_MALFORMED'],
    ['a sequence without items', file(explicit(8, 0x1140, 'SQ', patientID)), 'DICOM_MALFORMED'],
    ['a delimiter outside a sequence', file(Buffer.concat([patientID, marker(0xe00d, 0)])), 'DICOM_MALFORMED'],
    ['text of undefined length', file(explicit(8, 0x18, 'UT', [], 0xffff_ffff)), 'DICOM_MALFORMED'],
    ['garbage behind the data set', Buffer.concat([whole, Buffer.from('garbage and more garbage')]), 'DICOM_MALFORMED'],
    ['no VR', file([0x10, 0, 0x20, 0, 0x4c, 0x4f, 2, 0, 0x41, 0x42, 0x10, 0, 0x30, 0, 1, 2, 2, 0, 0x41, 0x42]), 'DICOM_MALFORMED'],
    ['too little pixel data', encodePart10({ ...imageDataset(), '7FE00010': { vr: 'OW', bytes: new Uint8Array(100) } }), 'DICOM_TRUNCATED'],
    ['native pixel data under a compressed syntax', file(encodeDataset(imageDataset()), jpegLSLossless), 'DICOM_MALFORMED'],
    ['fragments under a native syntax', file(Buffer.concat([explicit(0x7fe0, 0x10, 'OB', [], 0xffff_ffff), marker(0xe000, 0), marker(0xe0dd, 0)])), 'DICOM_MALFORMED'],
    ['fragments without delimiter', file(Buffer.concat([explicit(0x7fe0, 0x10, 'OB', [], 0xffff_ffff), marker(0xe000, 0), marker(0xe000, 2), Buffer.from([1, 2])]), jpegLSLossless), 'DICOM_TRUNCATED'],
    ['no fragment at all', file(Buffer.concat([explicit(0x7fe0, 0x10, 'OB', [], 0xffff_ffff), marker(0xe000, 0), marker(0xe0dd, 0)]), jpegLSLossless), 'DICOM_TRUNCATED'],
    ['no offset table', file(Buffer.concat([explicit(0x7fe0, 0x10, 'OB', [], 0xffff_ffff), marker(0xe0dd, 0)]), jpegLSLossless), 'DICOM_MALFORMED'],
    ['a transfer syntax that is a path', Buffer.concat([meta().subarray(0, 132), explicit(2, 0x10, 'UI', Buffer.from('../../etc/passwd')), patientID]), 'DICOM_INVALID_UID'],
    ['a deflated stream that is cut', imageFile({}, deflatedExplicitVRLittleEndian).subarray(0, -40), 'DICOM_TRUNCATED'],
    ['a deflated stream of noise', file(Buffer.alloc(100, 0xff), deflatedExplicitVRLittleEndian), 'DICOM_MALFORMED'],
  ])('refuses %s', (_name, bytes, code) => {
    expect(codeOf(() => parsePart10(bytes))).toBe(code);
  });

  it('refuses a sequence depth bomb without exhausting the stack', () => {
    const level = Buffer.concat([explicit(8, 0x1140, 'SQ', [], 0xffff_ffff), marker(0xe000, 0xffff_ffff)]);
    const started = cpuTimeMs();
    expect(codeOf(() => parsePart10(file(Buffer.concat(Array.from({ length: 100_000 }, () => level)))))).toBe('DICOM_MALFORMED');
    expect(cpuTimeMs() - started).toBeLessThan(2000);
  });

  it('refuses millions of empty items', () => {
    const items = Buffer.alloc(8 * 2_100_000);
    for (let at = 0; at < items.length; at += 8) items.set([0xfe, 0xff, 0x00, 0xe0], at);
    expect(codeOf(() => parsePart10(file(explicit(8, 0x1140, 'SQ', items))))).toBe('DICOM_TOO_LARGE');
  });

  it('refuses a deflate bomb at its limit', () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect(codeOf(() => parsePart10(file(bomb, deflatedExplicitVRLittleEndian), { maxInflatedBytes: 1024 * 1024 }))).toBe('DICOM_TOO_LARGE');
  });

  it('refuses a text of a million backslashes', () => {
    expect(codeOf(() => parsePart10(file(explicit(9, 0x1001, 'UN', [1]))))).toBe('accepted');
    const long = Buffer.alloc(12);
    long.set([0x08, 0, 0x18, 0x01]);
    long.write('UC', 4, 'latin1');
    long.writeUInt32LE(20_000_000, 8);
    expect(codeOf(() => parsePart10(file(Buffer.concat([long, Buffer.alloc(20_000_000, 0x5c)]))))).toBe('DICOM_TOO_LARGE');
  });
});

describe('reading only the header', () => {
  const whole = imageFile({ rows: 512, columns: 512 });

  function header(bytes: Uint8Array, totalSize = bytes.length): { readonly calls: number; readonly result: ReturnType<typeof parseHeader> } {
    let calls = 1;
    let result = parseHeader(bytes.subarray(0, 132), totalSize);
    while (result.kind === 'need-more') {
      calls += 1;
      result = parseHeader(bytes.subarray(0, result.bytes), totalSize);
    }
    return { calls, result };
  }

  it('asks for more until the header is there', () => {
    const { calls, result } = header(whole);
    expect(calls).toBeLessThan(5);
    expect(result).toMatchObject({ kind: 'done', instance: { pixelData: { kind: 'native', length: 512 * 512 * 2 } } });
  });

  it('needs no more than the header', () => {
    const headerBytes = whole.length - 512 * 512 * 2;
    expect(parseHeader(whole.subarray(0, headerBytes), whole.length).kind).toBe('done');
    expect(parseHeader(whole.subarray(0, headerBytes - 20), whole.length).kind).toBe('need-more');
  });

  it('refuses a file that is shorter than it says', () => {
    expect(codeOf(() => header(whole, whole.length - 10))).toBe('DICOM_TRUNCATED');
    expect(codeOf(() => header(whole.subarray(0, 400)))).toBe('DICOM_TRUNCATED');
  });

  it('checks the rest of the file by random access', async () => {
    const { result } = header(whole);
    if (result.kind !== 'done') throw new Error('no header');
    const reads: number[] = [];
    const read = (offset: number, length: number): Promise<Uint8Array> => {
      reads.push(length);
      return Promise.resolve(whole.subarray(offset, offset + length));
    };
    await expect(verifyComplete(result.instance, read, whole.length)).resolves.toMatchObject({ pixelData: { kind: 'native' } });
    expect(reads).toEqual([]);
    const padded = Buffer.concat([whole, Buffer.from('garbage behind')]);
    await expect(verifyComplete(result.instance, (offset, length) => Promise.resolve(padded.subarray(offset, offset + length)), padded.length))
      .rejects.toMatchObject({ code: 'DICOM_MALFORMED' });
  });

  it('walks fragments by random access', async () => {
    const body = Buffer.concat([
      explicit(0x28, 8, 'IS', Buffer.from('2 ')), explicit(0x7fe0, 0x10, 'OB', [], 0xffff_ffff), marker(0xe000, 8), Buffer.alloc(8),
      marker(0xe000, 4), Buffer.alloc(4), marker(0xe000, 2), Buffer.alloc(2), marker(0xe0dd, 0),
    ]);
    const bytes = file(body, jpegLSLossless);
    const result = parseHeader(bytes, bytes.length);
    if (result.kind !== 'done') throw new Error('no header');
    const readOf = (all: Uint8Array) => (offset: number, length: number): Promise<Uint8Array> => Promise.resolve(all.subarray(offset, offset + length));
    const complete = await verifyComplete(result.instance, readOf(bytes), bytes.length);
    expect(complete.pixelData).toMatchObject({ basicOffsetTable: [0, 0], fragments: [{ length: 4 }, { length: 2 }] });
    expect(parsePart10(bytes).pixelData).toEqual(complete.pixelData);
    for (const cut of [2, 9, 12]) {
      await expect(verifyComplete(result.instance, readOf(bytes.subarray(0, -cut)), bytes.length - cut)).rejects.toMatchObject({ code: 'DICOM_TRUNCATED' });
    }
  });
});
