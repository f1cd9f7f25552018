import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeFrame } from '../../src/dicom/codec.ts';
import { encodeDataset, encodePart10, fileMeta } from '../../src/dicom/encode.ts';
import { stringifyDicomJson, toDicomJson } from '../../src/dicom/json.ts';
import { parseHeader, parsePart10 } from '../../src/dicom/parse.ts';
import { deflatedExplicitVRLittleEndian, explicitVRLittleEndian, implicitVRLittleEndian, jpegLSLossless } from '../../src/dicom/transfer-syntax.ts';
import { verifyComplete } from '../../src/dicom/verify.ts';
import { AppError } from '../../src/errors.ts';
import { cpuTimeMs } from '../helpers/cpu-time.ts';
import { imageDataset } from './synthetic.ts';

function seedFile(syntax: string): Uint8Array {
  const dataset = imageDataset({ rows: 8, columns: 8 });
  const item = { '00080100': { vr: 'SH', Value: ['CODE'] }, '00081140': { vr: 'SQ', Value: [{ '00080018': { vr: 'UI', Value: ['1.2.3'] } }, {}] } };
  dataset['00082218'] = { vr: 'SQ', Value: [item, item] };
  dataset['00091001'] = { vr: 'UN', bytes: encodeDataset(item) };
  return encodePart10(dataset, { transferSyntaxUID: syntax });
}
/** Three frames in fragments; what they hold does not matter to the parser. */
function encapsulatedSeed(): Uint8Array {
  const dataset = { ...imageDataset({ rows: 8, columns: 8, frames: 3 }) };
  delete dataset['7FE00010'];
  const item = (length: number): Uint8Array => Buffer.concat([Buffer.from([0xfe, 0xff, 0x00, 0xe0, length, 0, 0, 0]), Buffer.alloc(length, 0x41)]);
  return Buffer.concat([
    fileMeta({ sopClassUID: '1.2.840.10008.5.1.4.1.1.7.2', sopInstanceUID: '2.25.11', transferSyntaxUID: jpegLSLossless }), encodeDataset(dataset),
    Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]), item(12), item(30), item(40), item(20), Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
    Buffer.from([0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]),
  ]);
}
const seeds = [...[explicitVRLittleEndian, implicitVRLittleEndian, deflatedExplicitVRLittleEndian].map(seedFile), encapsulatedSeed()];

const damage = fc.record({
  seed: fc.integer({ min: 0, max: seeds.length - 1 }),
  flips: fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x53, 0x51) }), { maxLength: 12 }),
  length: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  tail: fc.uint8Array({ maxLength: 20 }),
});

function damaged(input: { readonly seed: number; readonly flips: readonly { readonly at: number; readonly value: number }[]; readonly length: number | null; readonly tail: Uint8Array }): Uint8Array {
  const seed = seeds[input.seed] ?? new Uint8Array(0);
  const bytes = Buffer.concat([seed.subarray(0, Math.floor(seed.length * (input.length ?? 1))), input.tail]);
  for (const { at, value } of input.flips) if (bytes.length > 0) bytes[Math.min(bytes.length - 1, Math.floor(at * bytes.length))] = value;
  return bytes;
}

describe('damaged files', () => {
  it('give a coded error or a data set that can be written, quickly', async () => {
    let refused = 0;
    await fc.assert(fc.asyncProperty(damage, async (input) => {
      const bytes = damaged(input);
      const started = cpuTimeMs();
      try {
        const parsed = parsePart10(bytes);
        stringifyDicomJson(toDicomJson(parsed.dataset));
        encodeDataset(parsed.dataset, explicitVRLittleEndian, { values: 'received' });
        if (parsed.pixelData !== undefined) await decodeFrame(bytes, parsed, 0);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        refused += 1;
      }
      expect(cpuTimeMs() - started).toBeLessThan(1000);
    }), { numRuns: 3000, seed: 20260102 });
    expect(refused).toBeGreaterThan(300);
  });

  it('never make the header reader ask for more than the file has', () => {
    fc.assert(fc.property(damage, fc.nat({ max: 2000 }), (input, prefix) => {
      const bytes = damaged(input);
      let have = Math.min(prefix, bytes.length);
      try {
        for (let round = 0; round < 20; round += 1) {
          const result = parseHeader(bytes.subarray(0, have), bytes.length);
          if (result.kind === 'done') return;
          expect(result.bytes).toBeGreaterThan(have);
          expect(result.bytes).toBeLessThanOrEqual(bytes.length);
          have = result.bytes;
        }
        throw new Error('the header reader does not come to an end');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 2000, seed: 20260103 });
  });

  it('are judged alike when they are read in pieces and at once', async () => {
    const whole = (bytes: Uint8Array): unknown => {
      const { dataset, pixelData } = parsePart10(bytes);
      return [stringifyDicomJson(toDicomJson(dataset)), pixelData];
    };
    const inPieces = async (bytes: Uint8Array): Promise<unknown> => {
      let result = parseHeader(bytes.subarray(0, 200), bytes.length);
      while (result.kind === 'need-more') result = parseHeader(bytes.subarray(0, result.bytes), bytes.length);
      const complete = await verifyComplete(result.instance, (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)), bytes.length);
      return [stringifyDicomJson(toDicomJson(complete.dataset)), complete.pixelData];
    };
    const outcome = async (read: () => unknown): Promise<unknown> => {
      try {
        return await read();
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        return 'refused';
      }
    };
    await fc.assert(fc.asyncProperty(damage, async (input) => {
      const bytes = damaged(input);
      expect(await outcome(() => inPieces(bytes))).toEqual(await outcome(() => whole(bytes)));
    }), { numRuns: 3000, seed: 20260104 });
  });
});
