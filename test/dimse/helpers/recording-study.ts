/**
 * What stands behind the SCP in tests of the protocol alone: takes Part 10 bytes, remembers what matters of them, and
 * can be made slow or failing. The network on the other side is real.
 */
import { createHash } from 'node:crypto';
import type { StudyService } from '../../../src/study/port.ts';

export interface ReceivedInstance {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly callingAETitle: string | undefined;
  readonly size: number;
  readonly sha256: string;
  /** The whole file, for instances below 4 MiB. */
  readonly bytes: Uint8Array | undefined;
}

export interface RecordingStudy extends Pick<StudyService, 'receive'> {
  readonly received: readonly ReceivedInstance[];
  /** Receptions that ended with an error of the stream. */
  readonly broken: readonly unknown[];
  /** Throws (instead of storing) before or after reading, when it gives an error. */
  failWith: ((sopInstanceUID: string) => Error | undefined) | undefined;
  /** Awaited after each chunk. */
  onChunk: ((total: number) => Promise<void> | void) | undefined;
}

const kept = 4 * 1024 * 1024;

export function recordingStudy(): RecordingStudy {
  const received: ReceivedInstance[] = [];
  const broken: unknown[] = [];
  const study: RecordingStudy = {
    received,
    broken,
    failWith: undefined,
    onChunk: undefined,
    async receive(part10, context, expect) {
      const sopInstanceUID = expect?.sopInstanceUID ?? '';
      const error = study.failWith?.(sopInstanceUID);
      const hash = createHash('sha256');
      const chunks: Uint8Array[] = [];
      let size = 0;
      try {
        for await (const chunk of part10) {
          if (error !== undefined) throw error;
          size += chunk.length;
          hash.update(chunk);
          if (size <= kept) chunks.push(chunk);
          await study.onChunk?.(size);
        }
      } catch (cause) {
        if (cause !== error) broken.push(cause);
        throw cause;
      }
      const sopClassUID = expect?.sopClassUID ?? '';
      received.push({
        sopInstanceUID, sopClassUID, callingAETitle: context.callingAETitle, size,
        sha256: hash.digest('hex'), bytes: size <= kept ? Buffer.concat(chunks) : undefined,
      });
      return { kind: 'stored', sopClassUID, sopInstanceUID, seriesInstanceUID: '1.2.3', studyInstanceUID: '1.2.4' };
    },
  };
  return study;
}
