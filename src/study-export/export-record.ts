/**
 * An export in the audit trail of the data folder that it takes from. Where no service runs the command writes the
 * entry itself; else the service does, asked over its REST interface.
 */
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { exportEvent, type ExportStep } from '../audit/export-event.ts';
import { listSegments } from '../audit/segments.ts';
import { openAuditTrail } from '../audit/trail.ts';
import { AppError } from '../errors.ts';

export type RecordExport = (step: ExportStep) => Promise<void>;

export interface ExportRecordOptions {
  readonly dataDir: string;
  /** Address of the service that runs on the data folder. */
  readonly server?: string;
  readonly token?: string;
}

const answerWithinMs = 30_000;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in some containers.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/** Written by this process. @throws AppError AUDIT_IN_USE while a service runs */
async function writeHere(folder: string, step: ExportStep): Promise<void> {
  const trail = await openAuditTrail(folder);
  try {
    await trail.append(exportEvent(step, { name: userName(), kind: 'person' }));
  } finally {
    await trail.close();
  }
}

/** The newest file, or the one before when a new one was just begun. */
async function standsIn(folder: string, hash: string): Promise<boolean> {
  for (const { path } of (await listSegments(folder)).slice(-2)) if ((await readFile(path, 'utf8')).includes(`"hash":"${hash}"`)) return true;
  return false;
}

async function askService(folder: string, step: ExportStep, server: string, token: string | undefined): Promise<void> {
  const refused = (why: string, cause?: unknown): AppError => new AppError('EXPORT_NOT_RECORDED', `the service at --server did not enter the export in the audit trail: ${why}`, { cause });
  let answer: { readonly status: number; readonly body: { readonly hash?: unknown; readonly code?: unknown } };
  try {
    const response = await fetch(new URL('/api/v1/audit/events', server), {
      method: 'POST', body: JSON.stringify({ kind: 'export', ...step }), signal: AbortSignal.timeout(answerWithinMs), redirect: 'error',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });
    answer = { status: response.status, body: await response.json() as { readonly hash?: unknown } };
  } catch (error) {
    throw refused('no answer', error);
  }
  if (answer.status !== 201) throw refused(typeof answer.body.code === 'string' ? answer.body.code : `status ${answer.status}`);
  if (typeof answer.body.hash !== 'string' || !await standsIn(folder, answer.body.hash)) throw refused('it runs on another data folder');
}

/** @throws AppError EXPORT_NOT_RECORDED when the step is not in the trail of the data folder */
export function exportRecord({ dataDir, server, token }: ExportRecordOptions): RecordExport {
  const folder = join(dataDir, 'audit');
  return async (step) => {
    try {
      await writeHere(folder, step);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'AUDIT_IN_USE') throw error;
      if (server === undefined) {
        throw new AppError('EXPORT_NOT_RECORDED', 'a service runs on the data folder and alone writes its audit trail: give its address with --server (and --token), or export with --no-audit', { cause: error });
      }
      await askService(folder, step, server, token);
    }
  };
}
