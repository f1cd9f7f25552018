/**
 * The image decoders, WebAssembly both: CharLS for JPEG-LS, dcmjs-codecs (libijg, OpenJPEG, OpenJPH) for the rest.
 * The only file that touches them. A stream that makes a decoder trap leaves its memory in an unknown state, so the
 * module is thrown away and loaded anew for the next frame.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Context as CodecContext, NativeCodecs as NativeCodecsClass } from 'dcmjs-codecs';

import { AppError } from '../errors.ts';
import type { PixelFormat } from './pixel-format.ts';
import type { Codec } from './transfer-syntax.ts';
import { wasmPageBytes, withMemoryLimit } from './wasm-memory.ts';

// Both packages are CommonJS bundles without ES module entry points.
const load = createRequire(import.meta.url);

interface DcmjsCodecs {
  readonly Context: typeof CodecContext;
  readonly NativeCodecs: typeof NativeCodecsClass;
}

interface JpegLSDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}
interface CharLS {
  readonly JpegLSDecoder: new () => JpegLSDecoder;
}

let charls: Promise<CharLS> | undefined;
let dcmjs: Promise<DcmjsCodecs> | undefined;
let readDcmjs: (() => Promise<ArrayBuffer>) | undefined;

/** Of one decoder in one thread; the largest frame that is decoded at all takes less. */
export const decoderPages = 1024 ** 3 / wasmPageBytes;

function loadCharls(): Promise<CharLS> {
  charls ??= (load('@cornerstonejs/codec-charls/wasmjs') as (options: object) => Promise<CharLS>)({
    wasmBinary: withMemoryLimit(readFileSync(load.resolve('@cornerstonejs/codec-charls/wasm')), decoderPages),
    print: () => undefined,
    printErr: () => undefined,
  });
  return charls;
}

async function loadDcmjs(): Promise<DcmjsCodecs> {
  const codecs = load('dcmjs-codecs') as DcmjsCodecs;
  // It reads its module itself and has no setting for this.
  const reading = codecs.NativeCodecs as unknown as { _getWebAssemblyBytes: () => Promise<ArrayBuffer> };
  readDcmjs ??= reading._getWebAssemblyBytes.bind(reading);
  const read = readDcmjs;
  reading._getWebAssemblyBytes = async () => withMemoryLimit(new Uint8Array(await read()), decoderPages).buffer;
  await codecs.NativeCodecs.initializeAsync({ logCodecsInfo: false, logCodecsTrace: false });
  return codecs;
}

function decodeFailed(error: unknown): AppError {
  const message = error instanceof Error ? error.message : 'decoder error';
  return new AppError('DICOM_PIXEL_DECODE_FAILED', `a frame cannot be decoded: ${message.slice(0, 200)}`, { cause: error });
}

async function decodeJpegLS(frame: Uint8Array): Promise<Uint8Array> {
  const module = await loadCharls();
  try {
    const decoder = new module.JpegLSDecoder();
    try {
      decoder.getEncodedBuffer(frame.length).set(frame);
      decoder.decode();
      return Uint8Array.from(decoder.getDecodedBuffer());
    } finally {
      decoder.delete();
    }
  } catch (error) {
    charls = undefined;
    throw decodeFailed(error);
  }
}

async function decodeByDcmjs(codec: Codec, frame: Uint8Array, format: PixelFormat): Promise<Uint8Array> {
  dcmjs ??= loadDcmjs();
  const { Context, NativeCodecs } = await dcmjs;
  const context = new Context({
    width: format.columns,
    height: format.rows,
    bitsAllocated: format.bitsAllocated,
    bitsStored: format.bitsStored,
    samplesPerPixel: format.samplesPerPixel,
    pixelRepresentation: format.signed ? 1 : 0,
    planarConfiguration: format.planar ? 1 : 0,
    photometricInterpretation: format.photometricInterpretation,
    encodedBuffer: frame,
  });
  try {
    const decoded = decodeIn(NativeCodecs, codec, context).getDecodedBuffer();
    if (decoded === undefined) throw new Error('no pixels came out');
    return Uint8Array.from(decoded);
  } catch (error) {
    NativeCodecs.release();
    dcmjs = undefined;
    throw decodeFailed(error);
  }
}

function decodeIn(codecs: typeof NativeCodecsClass, codec: Codec, context: CodecContext): CodecContext {
  switch (codec) {
    case 'rle': return codecs.decodeRle(context);
    // A stream without a marker of its colour space would be guessed to be YCbCr: the header knows better.
    case 'jpeg': return codecs.decodeJpeg(context, { convertColorspaceToRgb: (context.getPhotometricInterpretation() ?? '').startsWith('YBR') });
    case 'jpeg-lossless': return codecs.decodeJpeg(context);
    case 'jpeg-2000': return codecs.decodeJpeg2000(context);
    case 'htj2k': return codecs.decodeHtJpeg2000(context);
    default: throw new Error(`no decoder for ${codec}`);
  }
}

/** The samples of one compressed frame as the decoder gives them. @throws AppError DICOM_PIXEL_DECODE_FAILED. */
export function decodeCompressed(codec: Codec, frame: Uint8Array, format: PixelFormat): Promise<Uint8Array> {
  return codec === 'jpeg-ls' ? decodeJpegLS(frame) : decodeByDcmjs(codec, frame, format);
}
