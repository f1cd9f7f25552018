/** A decoding thread: one task at a time, results handed over without a copy. */
import { parentPort } from 'node:worker_threads';
import type { Dataset } from '../dicom/dataset.ts';
import { decodeFrame } from '../dicom/codec.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { nativeLength } from '../dicom/pixel-length.ts';
import { readFrame } from '../dicom/pixels.ts';
import { samplesToCells, transcodeToNative } from '../dicom/transcode.ts';
import { transferSyntax } from '../dicom/transfer-syntax.ts';
import { AppError, toAppError } from '../errors.ts';
import type { DecodeReply, DecodeTask } from './decode-task.ts';
import { frameSource, readWhole } from './instance-file.ts';
import { renderFrame, type RenderedFrame } from './window.ts';

async function bulkValue(path: string, elementPath: readonly string[]): Promise<Uint8Array> {
  let dataset: Dataset | undefined = parsePart10(await readWhole(path)).dataset;
  const names = [...elementPath];
  const last = names.pop()!;
  while (names.length > 0) {
    const [tag, index] = names.splice(0, 2);
    dataset = dataset?.[tag!]?.Value?.[Number(index)] as Dataset | undefined;
  }
  const bytes = dataset?.[last]?.bytes;
  if (bytes === undefined) throw new AppError('HTTP_NOT_FOUND', 'There is no such bulk data.');
  return bytes;
}

/** A small run-length coded file may stand for gigabytes of pixels; frames of it can still be had one by one. */
const maxNativeBytes = 1024 * 1024 * 1024;

async function transcode(path: string): Promise<Uint8Array> {
  const bytes = await readWhole(path);
  if ((nativeLength(parsePart10(bytes).dataset) ?? 0) > maxNativeBytes) {
    throw new AppError('DICOM_TOO_LARGE', 'the instance is too large to be converted as a whole');
  }
  return transcodeToNative(bytes);
}

async function perform(task: DecodeTask): Promise<Uint8Array | RenderedFrame> {
  switch (task.kind) {
    case 'frame': {
      const source = await frameSource(task.path, task.frameIndex);
      const { encapsulated, bigEndian } = transferSyntax(source.header.meta.transferSyntaxUID);
      // Little-endian native cells are what Explicit VR Little Endian has, bit-packed masks included (PS3.5 8.1.1).
      if (task.stored || (!encapsulated && !bigEndian)) return readFrame(source.bytes, source.parsed, source.index);
      return samplesToCells(await decodeFrame(source.bytes, source.parsed, source.index));
    }
    case 'render': {
      const source = await frameSource(task.path, task.frameIndex);
      const decoded = await decodeFrame(source.bytes, source.parsed, source.index);
      return renderFrame(decoded, source.header.dataset, task.frameIndex, task.window);
    }
    case 'transcode': return transcode(task.path);
    case 'bulk': return bulkValue(task.path, task.elementPath);
  }
}

/** A view of a larger buffer is copied, so that only the result travels. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return whole ? bytes as Uint8Array<ArrayBuffer> : Uint8Array.from(bytes);
}

const port = parentPort;
if (port === null) throw new AppError('INTERNAL', 'the decoding thread was started outside a worker');

port.on('message', ({ id, task }: { readonly id: number; readonly task: DecodeTask }) => {
  perform(task).then((result) => {
    const value = result instanceof Uint8Array ? owned(result) : { ...result, pixels: owned(result.pixels) };
    const transfer = value instanceof Uint8Array ? value.buffer : value.pixels.buffer;
    port.postMessage({ id, value } satisfies DecodeReply, [transfer]);
  }, (reason: unknown) => {
    const { code, message } = toAppError(reason);
    port.postMessage({ id, error: { code, message } } satisfies DecodeReply);
  });
});
