/**
 * A decoding process: one task at a time. What a hostile image does to it, a crash, a hang, gigabytes, ends with it: the
 * server holds nothing that it could reach.
 */
import { writeFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Dataset } from '../dicom/dataset.ts';
import { decodeFrame } from '../dicom/codec.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { nativeLength } from '../dicom/pixel-length.ts';
import { readFrame } from '../dicom/pixels.ts';
import { samplesToCells, transcodeToNative } from '../dicom/transcode.ts';
import { transferSyntax } from '../dicom/transfer-syntax.ts';
import { AppError, toAppError } from '../errors.ts';
import type { DecodeReply, DecodeRequest, DecodeTask } from './decode-task.ts';
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

// Where memory runs out, the system ends this process and not the server. Elsewhere than on Linux there is no such file.
await writeFile('/proc/self/oom_score_adj', '1000').catch(() => undefined);

const answer = (reply: DecodeReply): void => {
  // Without a server there is nobody left to answer.
  process.send?.(reply, undefined, undefined, (error) => {
    if (error !== null) process.exit(1);
  });
};

// At once, whatever a thread of it may be stuck in.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A decoder that computes for ever hears nothing of that, and nobody would be left to end it.
new Worker(`
  const { workerData: server } = require('node:worker_threads');
  setInterval(() => { if (process.ppid !== server) process.kill(process.pid, 'SIGKILL'); }, 1000);
`, { eval: true, workerData: process.ppid, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref();
process.on('message', ({ id, task }: DecodeRequest) => {
  perform(task).then((value) => answer({ id, value }), (reason: unknown) => {
    const { code, message } = toAppError(reason);
    answer({ id, error: { code, message } });
  });
});
