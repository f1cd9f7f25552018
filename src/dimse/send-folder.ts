/** Sends everything below a folder: what `phoi send` does. */
import { readFolder, type SkippedFile } from './read-folder.ts';
import { sendInstances, type SendOptions, type SendOutcome } from './send-instances.ts';

export interface SendFolderResult {
  readonly outcomes: readonly SendOutcome[];
  readonly sent: number;
  readonly failed: number;
  /** Files that are not DICOM instances, each with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/** Failures of the peer are in the result. Errors: those of the file system when `path` cannot be read. */
export async function sendFolder(
  path: string,
  options: Omit<SendOptions, 'instances' | 'onStatus'> & {
    readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly failed: number }) => void;
  },
): Promise<SendFolderResult> {
  const { instances, skipped } = await readFolder(path);
  let failed = 0;
  const outcomes = await sendInstances({
    ...options,
    instances,
    onStatus: (outcome, { done, total }) => {
      if (outcome.state === 'failed') failed += 1;
      options.onProgress?.({ done, total, failed });
    },
  });
  return { outcomes, sent: outcomes.length - failed, failed, skipped };
}
