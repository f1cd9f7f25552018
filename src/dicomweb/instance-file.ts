/**
 * Frames of a stored instance by random access: of an enhanced CT of gigabytes only the header and the wanted frame
 * are read. Runs in the decoding threads.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { parsePart10, type ParsedInstance } from '../dicom/parse.ts';
import { pixelFormat } from '../dicom/pixel-format.ts';
import { frameCount } from '../dicom/pixels.ts';
import { headerOfOpenFile, readExactly } from '../dicom/read-file-header.ts';
import { verifyComplete } from '../dicom/verify.ts';
import { AppError } from '../errors.ts';

/** Most bytes of a file that are held at once, where random access does not do. */
const maxWholeBytes = 1024 * 1024 * 1024;

interface FrameSource {
  /** Bytes and description such that `readFrame(bytes, parsed, index)` is the frame. */
  readonly bytes: Uint8Array;
  readonly parsed: ParsedInstance;
  readonly index: number;
}

/** The frame's own range, when it can be told without the other frames. */
async function frameOnly(file: FileHandle, parsed: ParsedInstance, index: number): Promise<FrameSource | undefined> {
  const { pixelData } = parsed;
  const frames = frameCount(parsed.dataset);
  if (pixelData === undefined || parsed.inflated !== undefined || index < 0 || index >= frames) return undefined;
  const dataset = { ...parsed.dataset, '00280008': { vr: 'IS', Value: [1] } };
  if (pixelData.kind === 'encapsulated') {
    const fragments = frames === 1 ? pixelData.fragments : pixelData.fragments?.length === frames ? pixelData.fragments.slice(index, index + 1) : undefined;
    const first = fragments?.[0];
    const last = fragments?.at(-1);
    if (fragments === undefined || first === undefined || last === undefined) return undefined;
    const bytes = await readExactly(file, first.offset, last.offset + last.length - first.offset);
    const moved = fragments.map(({ offset, length }) => ({ offset: offset - first.offset, length }));
    return { bytes, parsed: { ...parsed, dataset, pixelData: { ...pixelData, offset: 0, fragments: moved, basicOffsetTable: [] } }, index: 0 };
  }
  const format = pixelFormat(parsed.dataset);
  const samples = format.photometricInterpretation === 'YBR_FULL_422' && format.samplesPerPixel === 3 ? 2 : format.samplesPerPixel;
  const bits = format.rows * format.columns * samples * format.bitsAllocated;
  if (bits % 8 !== 0) return undefined;
  const length = bits / 8;
  const offset = length * index;
  if (offset + length > pixelData.length) throw new AppError('DICOM_TRUNCATED', 'the pixel data ends before the frame does');
  const bytes = await readExactly(file, pixelData.offset + offset, length);
  return { bytes, parsed: { ...parsed, dataset, pixelData: { ...pixelData, offset: 0, length } }, index: 0 };
}

/** Parsed headers of multi-frame files: their fragments are walked once, not for every frame. */
const parsedFiles = new Map<string, ParsedInstance>();
const keptFiles = 16;

async function parsedFile(path: string, file: FileHandle, size: number): Promise<ParsedInstance> {
  const kept = parsedFiles.get(path);
  if (kept !== undefined) return kept;
  const head = await headerOfOpenFile(file, size);
  const parsed = await verifyComplete(head, async (offset, length) => readExactly(file, offset, length), size);
  if (frameCount(parsed.dataset) > 1 && parsed.inflated === undefined) {
    parsedFiles.set(path, parsed);
    if (parsedFiles.size > keptFiles) parsedFiles.delete(parsedFiles.keys().next().value!);
  }
  return parsed;
}

/** The whole file, for what cannot be done in pieces. Errors: DICOM_TOO_LARGE. */
export async function readWhole(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size > maxWholeBytes) throw new AppError('DICOM_TOO_LARGE', 'the instance is too large to be converted as a whole');
  return await readExactly(file, 0, size);
}

/**
 * What `readFrame` and `decodeFrame` need for one frame, `index` from 0, with the instance's own header.
 * Errors: those of `parsePart10`; HTTP_NOT_FOUND for a frame that does not exist.
 */
export async function frameSource(path: string, index: number): Promise<FrameSource & { readonly header: ParsedInstance }> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const header = await parsedFile(path, file, size);
  if (header.pixelData === undefined) throw new AppError('HTTP_NOT_FOUND', 'The instance has no pixel data.');
  if (index >= frameCount(header.dataset)) throw new AppError('HTTP_NOT_FOUND', 'The instance has no such frame.');
  const alone = await frameOnly(file, header, index);
  if (alone !== undefined) return { ...alone, header };
  const bytes = await readWhole(path);
  return { bytes, parsed: parsePart10(bytes), index, header };
}
