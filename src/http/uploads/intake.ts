/** One uploaded file: an instance, an archive of instances, or something that is named and left. */
import { AppError, toAppError, type ErrorCode } from '../../errors.ts';
import type { ReceiveContext, ReceiveOutcome } from '../../study/types.ts';
import type { HttpDeps, HttpLimits } from '../deps.ts';
import { contentKind, peek } from './content-kind.ts';
import { readZip } from './zip.ts';

export interface FileOutcome {
  readonly name: string;
  readonly outcome: ReceiveOutcome['kind'] | 'skipped' | 'failed';
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
  readonly code?: ErrorCode;
  readonly message?: string;
}

const whyNot = {
  dicomdir: 'A directory of a DICOM medium; the files that it lists are taken by themselves.',
  empty: 'The file is empty.',
  other: 'Not a DICOM file (no DICM marker).',
} as const;

/** Longest file name repeated to the client. */
const maxNameLength = 300;

/** A name is only ever shown: control characters and those that turn the reading direction go, and it is cut. */
function label(name: string | undefined): string {
  const clean = (name ?? '').replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '');
  return clean === '' ? '(unnamed)' : clean.slice(0, maxNameLength);
}

async function* bounded(body: AsyncIterable<Uint8Array>, maxBytes: number, code: 'DICOM_TOO_LARGE' | 'UPLOAD_ZIP_LIMIT'): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const chunk of body) {
    total += chunk.byteLength;
    if (total > maxBytes) throw new AppError(code, `The file exceeds ${maxBytes} bytes.`);
    yield chunk;
  }
}

export interface Intake {
  /** Takes one file and reports at least one outcome for it. Fails only when the body itself broke off. */
  take(name: string | undefined, body: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface IntakeOptions {
  readonly context: ReceiveContext;
  readonly report: (outcome: FileOutcome) => void;
  /** Wraps work during which nothing travels over the connection, however long it takes. */
  readonly whileQuiet: (work: () => Promise<void>) => Promise<void>;
}

export function createIntake(deps: Pick<HttpDeps, 'archive' | 'study'>, limits: HttpLimits, { context, report, whileQuiet }: IntakeOptions): Intake {
  function failed(name: string, error: AppError): void {
    const message = error.statusCode < 500 || error.code === 'ARCHIVE_OUT_OF_SPACE' ? error.message : 'The service could not store it.';
    report({ name, outcome: 'failed', code: error.code, message });
  }

  function skipped(name: string, code: ErrorCode, message: string): void {
    report({ name, outcome: 'skipped', code, message });
  }

  async function takeInstance(name: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    const outcome = await deps.study.receive(bounded(body, limits.maxInstanceBytes, 'DICOM_TOO_LARGE'), context);
    report({
      name, outcome: outcome.kind, studyInstanceUID: outcome.studyInstanceUID,
      seriesInstanceUID: outcome.seriesInstanceUID, sopInstanceUID: outcome.sopInstanceUID,
    });
  }

  async function takeContent(name: string, body: AsyncIterable<Uint8Array>, inArchive: boolean): Promise<void> {
    const peeked = await peek(body);
    try {
      const kind = contentKind(peeked.head);
      if (kind === 'dicom') await takeInstance(name, peeked.body);
      else if (kind !== 'zip') skipped(name, 'UPLOAD_NOT_AN_INSTANCE', whyNot[kind]);
      else if (inArchive) skipped(name, 'UPLOAD_NESTED_ARCHIVE', 'An archive within an archive is not opened: unpack it first.');
      else await takeArchive(name, peeked.body);
    } finally {
      await peeked.close();
    }
  }

  async function takeArchive(name: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    // A zip is read from its end, so it is put on the archive's disk first.
    const blob = await deps.archive.begin();
    try {
      for await (const chunk of bounded(body, limits.maxZipBytes, 'UPLOAD_ZIP_LIMIT')) await blob.write(chunk);
      await blob.flush();
      await whileQuiet(async () => takeEntries(name, blob.temporaryPath));
    } finally {
      await blob.discard();
    }
  }

  async function takeEntries(name: string, path: string): Promise<void> {
    let entries = 0;
    await readZip(path, limits, async (entryName, open) => {
      entries += 1;
      const entry = label(`${name}/${entryName}`);
      try {
        await takeContent(entry, await open(), true);
      } catch (error) {
        const known = toAppError(error);
        failed(entry, known);
        if (known.code === 'UPLOAD_ZIP_LIMIT') throw known;
      }
    });
    if (entries === 0) skipped(name, 'UPLOAD_NOT_AN_INSTANCE', 'The archive is empty.');
  }

  return {
    async take(rawName, body) {
      const name = label(rawName);
      let broken: Error | undefined;
      async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield* body;
        } catch (error) {
          broken = toAppError(error);
          throw error;
        }
      }
      try {
        await takeContent(name, watched(), false);
      } catch (error) {
        failed(name, broken === undefined ? toAppError(error)
          : new AppError('HTTP_MULTIPART_TRUNCATED', 'The upload broke off within this file.', { cause: broken }));
        if (broken !== undefined) throw broken;
      }
    },
  };
}
