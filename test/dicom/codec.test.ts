import { createRequire } from 'node:module';

import { describe, expect, it } from 'vitest';

import { decodeFrame } from '../../src/dicom/codec.ts';
import { encodePart10, fileMeta, encodeDataset } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { transcodeToNative } from '../../src/dicom/transcode.ts';
import { decoderPages } from '../../src/dicom/wasm-decoders.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { convert, pydicom } from './programs.ts';
import { imageDataset, imageFile, pixelValues } from './synthetic.ts';
import type { ImageOptions } from './synthetic.ts';

const variants: readonly (readonly [string, ImageOptions])[] = [
  ['12 bits in 16, unsigned', { bitsStored: 12 }],
  ['16 bits, signed', { bitsStored: 16, signed: true }],
  ['16 bits, unsigned', { bitsStored: 16 }],
  ['8 bits', { bitsAllocated: 8, bitsStored: 8 }],
  ['three frames', { bitsStored: 12, frames: 3 }],
  ['odd size', { bitsAllocated: 8, bitsStored: 8, rows: 33, columns: 47 }],
];

async function allSamples(bytes: Uint8Array): Promise<readonly number[]> {
  const parsed = parsePart10(bytes);
  const out: number[] = [];
  const frames = Number(parsed.dataset['00280008']?.Value?.[0] ?? 1);
  for (let frame = 0; frame < frames; frame += 1) out.push(...(await decodeFrame(bytes, parsed, frame)).samples);
  return out;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a).toHaveLength(b.length);
  let largest = 0;
  for (let index = 0; index < a.length; index += 1) largest = Math.max(largest, Math.abs((a[index] ?? 0) - (b[index] ?? 0)));
  return largest;
}

const lossless: readonly (readonly [string, string, readonly string[]])[] = [
  ['1.2.840.10008.1.2', 'dcmconv', ['+ti']],
  ['1.2.840.10008.1.2.2', 'dcmconv', ['+tb']],
  ['1.2.840.10008.1.2.1.99', 'dcmconv', ['+td']],
  ['1.2.840.10008.1.2.5', 'dcmcrle', []],
  ['1.2.840.10008.1.2.4.57', 'dcmcjpeg', ['+el', '+sv', '6']],
  ['1.2.840.10008.1.2.4.70', 'dcmcjpeg', ['+e1']],
  ['1.2.840.10008.1.2.4.80', 'dcmcjpls', []],
  ['1.2.840.10008.1.2.4.90', 'gdcmconv', ['--j2k']],
];

describe.runIf(hasPrograms('dcmconv', 'dcmcrle', 'dcmcjpeg', 'dcmcjpls', 'gdcmconv'))('pixel data that other toolkits compressed without loss', () => {
  describe.each(lossless)('%s by %s', (uid, program, options) => {
    it.each(variants)('%s', async (_name, variant) => {
      const bytes = convert(imageFile(variant), program, ...options);
      expect(parsePart10(bytes).meta.transferSyntaxUID).toBe(uid);
      expect(largestDifference(await allSamples(bytes), pixelValues(variant))).toBe(0);
      expect(largestDifference(await allSamples(await transcodeToNative(bytes)), pixelValues(variant))).toBe(0);
    });
  });

  it('reads frames split into several fragments, with and without an offset table', async () => {
    const variant = { frames: 3, rows: 128, columns: 128 };
    for (const table of ['+ot', '-ot']) {
      const bytes = convert(imageFile(variant), 'dcmcjpls', '+fs', '2', table);
      const { pixelData } = parsePart10(bytes);
      if (pixelData?.kind !== 'encapsulated') throw new Error('not encapsulated');
      expect(pixelData.fragments?.length).toBeGreaterThan(3);
      expect(largestDifference(await allSamples(bytes), pixelValues(variant))).toBe(0);
    }
  });

  const colour: ImageOptions = { bitsAllocated: 8, bitsStored: 8, samplesPerPixel: 3 };
  it.each(lossless)('gives interleaved RGB in %s by %s', async (_uid, program, options) => {
    const bytes = convert(imageFile(colour), program, ...options);
    expect(largestDifference(await allSamples(bytes), pixelValues(colour))).toBe(0);
    expect(largestDifference(await allSamples(await transcodeToNative(bytes)), pixelValues(colour))).toBe(0);
  });

  it.each([['YBR_FULL', ['+eb', '+cy', '+s4']], ['YBR_FULL_422', ['+eb', '+cy', '+s2']], ['RGB', ['+eb', '+cr']]] as const)('decodes JPEG baseline in %s as DCMTK does', async (photometric, options) => {
    const bytes = convert(imageFile(colour), 'dcmcjpeg', ...options);
    const parsed = parsePart10(bytes);
    expect(parsed.dataset['00280004']?.Value).toEqual([photometric]);
    expect((await decodeFrame(bytes, parsed, 0)).photometricInterpretation).toBe('RGB');
    expect(largestDifference(await allSamples(bytes), await allSamples(convert(bytes, 'dcmdjpeg')))).toBeLessThanOrEqual(1);
  });
});

describe.runIf(hasPrograms('dcmcjpeg', 'dcmdjpeg', 'dcmcjpls', 'dcmdjpls', 'gdcmconv'))('pixel data that was compressed with loss', () => {
  it.each<readonly [string, string, readonly string[], string, ImageOptions]>([
    ['JPEG baseline', 'dcmcjpeg', ['+eb'], 'dcmdjpeg', { bitsAllocated: 8, bitsStored: 8 }],
    ['JPEG extended, 12 bits', 'dcmcjpeg', ['+ee', '+un'], 'dcmdjpeg', { bitsStored: 12 }],
    ['JPEG-LS near-lossless', 'dcmcjpls', ['+en', '+md', '2'], 'dcmdjpls', { bitsStored: 12 }],
  ])('%s decodes as DCMTK does', async (_name, program, options, decoder, variant) => {
    const bytes = convert(imageFile(variant), program, ...options);
    const reference = convert(bytes, decoder);
    expect(largestDifference(await allSamples(bytes), await allSamples(reference))).toBeLessThanOrEqual(program === 'dcmcjpeg' ? 1 : 0);
  });

  it('decodes lossy JPEG 2000 near the original', async () => {
    const variant = { bitsStored: 12 };
    const bytes = convert(imageFile(variant), 'gdcmconv', '--j2k', '--lossy', '-q', '60');
    expect(parsePart10(bytes).meta.transferSyntaxUID).toBe('1.2.840.10008.1.2.4.91');
    expect(largestDifference(await allSamples(bytes), await allSamples(convert(bytes, 'gdcmconv', '--raw')))).toBeLessThanOrEqual(1);
  });
});

describe.runIf(hasPrograms('dcmcjpls') && hasDebianPython())('transcoding', () => {
  it('keeps the header and is read by pydicom', async () => {
    const native = await transcodeToNative(convert(imageFile({ patientName: 'Nguyễn^Thị' }), 'dcmcjpls'));
    const script = 'import pydicom,sys;d=pydicom.dcmread(sys.argv[1]);print(d.PatientName,d.file_meta.TransferSyntaxUID,d.pixel_array.sum(),d.ImagePositionPatient[2])';
    const sum = pixelValues().reduce((total, value) => total + value, 0);
    expect(pydicom(native, script).trim()).toBe(`Nguyễn^Thị 1.2.840.10008.1.2.1 ${sum} 1234.125`);
  });

  it('leaves native bytes as they are', async () => {
    const bytes = imageFile();
    await expect(transcodeToNative(bytes)).resolves.toBe(bytes);
  });
});

describe('bits outside the stored ones', () => {
  async function samplesOf(cells: readonly number[], attributes: Readonly<Record<string, number>>): Promise<readonly number[]> {
    const dataset = imageDataset({ rows: 1, columns: cells.length, bitsStored: 16 });
    for (const [tag, value] of Object.entries(attributes)) dataset[tag] = { vr: 'US', Value: [value] };
    dataset['7FE00010'] = { vr: 'OW', bytes: new Uint8Array(Uint16Array.from(cells).buffer) };
    const bytes = encodePart10(dataset);
    return [...(await decodeFrame(bytes, parsePart10(bytes), 0)).samples];
  }
  const bitsStored = '00280101';
  const highBit = '00280102';
  const representation = '00280103';

  it('are masked away', async () => {
    expect(await samplesOf([0xf123, 0x0fff], { [bitsStored]: 12, [highBit]: 11 })).toEqual([0x123, 0xfff]);
  });
  it('are replaced by the sign', async () => {
    expect(await samplesOf([0x0fff, 0x0800, 0x07ff, 0xf7ff], { [bitsStored]: 12, [highBit]: 11, [representation]: 1 })).toEqual([-1, -2048, 2047, 2047]);
  });
  it('are shifted out where the high bit is higher', async () => {
    expect(await samplesOf([0x1230, 0xfff7], { [bitsStored]: 12, [highBit]: 15 })).toEqual([0x123, 0xfff]);
    expect(await samplesOf([0x8000, 0xfff7], { [bitsStored]: 12, [highBit]: 15, [representation]: 1 })).toEqual([-2048, -1]);
  });
});

describe('single-bit frames', () => {
  it('are unpacked across byte boundaries', async () => {
    const dataset = imageDataset({ rows: 3, columns: 3, frames: 2, bitsAllocated: 8, bitsStored: 8 });
    dataset['00280100'] = { vr: 'US', Value: [1] };
    dataset['00280101'] = { vr: 'US', Value: [1] };
    dataset['00280102'] = { vr: 'US', Value: [0] };
    // 9 + 9 bits: 100000001 010101010
    dataset['7FE00010'] = { vr: 'OB', bytes: Uint8Array.of(0b0000_0001, 0b0101_0101, 0b01, 0) };
    const bytes = encodePart10(dataset);
    const parsed = parsePart10(bytes);
    expect([...(await decodeFrame(bytes, parsed, 0)).samples]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...(await decodeFrame(bytes, parsed, 1)).samples]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
  });
});

function encapsulated(uid: string, stream: Uint8Array, options: ImageOptions = {}): Uint8Array {
  const dataset = imageDataset(options);
  delete dataset['7FE00010'];
  const item = (bytes: Uint8Array): Uint8Array => {
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Uint8Array.of(0)]);
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    head.writeUInt32LE(padded.length, 4);
    return Buffer.concat([head, padded]);
  };
  return Buffer.concat([
    fileMeta({ sopClassUID: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUID: '2.25.11', transferSyntaxUID: uid }), encodeDataset(dataset),
    Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]), item(new Uint8Array(0)), item(stream), Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
  ]);
}

interface OpenJPH {
  readonly HTJ2KEncoder: new () => {
    getDecodedBuffer(info: object): Uint8Array;
    setQuality(lossless: boolean, quantizationStep: number): void;
    encode(): void;
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  };
}

describe('HTJ2K', () => {
  it.each<readonly [string, ImageOptions]>([
    ['12 bits in 16', { bitsStored: 12 }], ['16 bits, signed', { bitsStored: 16, signed: true }], ['8 bits', { bitsAllocated: 8, bitsStored: 8 }],
  ])('of another encoder build, %s', async (_name, variant) => {
    const { bitsStored = 12, bitsAllocated = 16, signed = false } = variant;
    const openjph = await (createRequire(import.meta.url)('@cornerstonejs/codec-openjph/wasmjs') as () => Promise<OpenJPH>)();
    const encoder = new openjph.HTJ2KEncoder();
    const values = pixelValues(variant);
    const cells = bitsAllocated === 8 ? Uint8Array.from(values) : new Uint8Array(Uint16Array.from(values).buffer);
    encoder.getDecodedBuffer({ width: 64, height: 48, bitsPerSample: bitsStored, componentCount: 1, isSigned: signed, isUsingColorTransform: false }).set(cells);
    encoder.setQuality(true, 0);
    encoder.encode();
    const bytes = encapsulated('1.2.840.10008.1.2.4.201', Uint8Array.from(encoder.getEncodedBuffer()), variant);
    encoder.delete();
    expect(largestDifference(await allSamples(bytes), values)).toBe(0);
    // The decoder that has just done it takes no more memory than it may.
    const { NativeCodecs } = createRequire(import.meta.url)('dcmjs-codecs') as { readonly NativeCodecs: { readonly wasmApi: { readonly wasmMemory: { grow(pages: number): number } } } };
    expect(() => NativeCodecs.wasmApi.wasmMemory.grow(decoderPages)).toThrow(RangeError);
  });
});

describe('frames that cannot be decoded', () => {

  it.each([
    ['noise', '1.2.840.10008.1.2.4.80', Buffer.alloc(200, 0x41)],
    ['noise', '1.2.840.10008.1.2.4.90', Buffer.alloc(200, 0x41)],
    ['noise', '1.2.840.10008.1.2.5', Buffer.alloc(200, 0x41)],
    // A frame header that claims 65535 × 65535 under the name of a small image.
    ['another size', '1.2.840.10008.1.2.4.80', Buffer.from([0xff, 0xd8, 0xff, 0xf7, 0, 11, 16, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0, 0xff, 0xd9])],
    ['no end', '1.2.840.10008.1.2.4.80', Buffer.from([0xff, 0xd8, 0xff, 0xf7, 0, 11, 16, 0, 48, 0, 64, 1, 1, 0x11, 0, 0, 0, 0, 0])],
  ])('%s in %s', async (_name, uid, stream) => {
    const bytes = encapsulated(uid, stream);
    await expect(decodeFrame(bytes, parsePart10(bytes), 0)).rejects.toMatchObject({ code: 'DICOM_PIXEL_DECODE_FAILED' });
  });

  it('a syntax without decoder', async () => {
    const bytes = encapsulated('1.2.840.10008.1.2.4.102', Buffer.alloc(8));
    await expect(decodeFrame(bytes, parsePart10(bytes), 0)).rejects.toMatchObject({ code: 'DICOM_UNSUPPORTED_TRANSFER_SYNTAX' });
  });

  it.runIf(hasPrograms('dcmcjpls'))('does not spoil the next one', async () => {
    const good = convert(imageFile(), 'dcmcjpls');
    const bad = Uint8Array.from(good);
    const parsed = parsePart10(good);
    if (parsed.pixelData?.kind !== 'encapsulated') throw new Error('not encapsulated');
    const [fragment] = parsed.pixelData.fragments ?? [];
    if (fragment === undefined) throw new Error('no fragment');
    for (let at = 60; at < fragment.length - 20; at += 3) bad[fragment.offset + at] = (bad[fragment.offset + at] ?? 0) ^ 0x5a;
    for (let round = 0; round < 5; round += 1) {
      await decodeFrame(bad, parsed, 0).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'DICOM_PIXEL_DECODE_FAILED' });
      });
      expect(largestDifference((await decodeFrame(good, parsed, 0)).samples, pixelValues())).toBe(0);
    }
  });
});
