/** Where a worker reads a job's instances: on the disk that it shares with the server, or over DICOMweb from another host. */
import { join } from 'node:path';
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { InstanceReader } from '../../src/archive/port.ts';
import type { Config } from '../../src/config.ts';
import { dicomwebClient, type DicomwebClient } from '../../src/dicomweb/client.ts';
import { openRemoteInstances } from '../../src/dicomweb/remote-instances.ts';
import { loadClientTls } from '../../src/dimse/tls.ts';

export interface JobInputSettings {
  readonly dataDir: string;
  readonly archive: Config['archive'];
}

export interface JobInput extends InstanceReader {
  close(): Promise<void>;
}

/** `onProgress` is told of fetching only. Errors: those of `openRemoteInstances`, CONFIG_INVALID. */
export type OpenJobInput = (data: AnalyzeJobData, onProgress: (fraction: number) => void, signal: AbortSignal) => Promise<JobInput>;

/** Undefined for a worker on the server's disk. Reads certificates anew, so that renewed ones are used. Errors: CONFIG_INVALID. */
export function remoteArchive({ url, token, headers, tls }: JobInputSettings['archive']): DicomwebClient | undefined {
  if (url === undefined) return undefined;
  return dicomwebClient({
    baseUrl: url,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    tls: loadClientTls(tls ?? {}, new URL(url).hostname),
  });
}

export async function createJobInput({ dataDir, archive }: JobInputSettings): Promise<OpenJobInput> {
  if (archive.url === undefined) {
    const files = await openFileArchive(dataDir);
    return async () => ({ read: (key) => files.read(key), close: () => Promise.resolve() });
  }
  return async ({ studyInstanceUID, instances }, onProgress, signal) => openRemoteInstances({
    client: remoteArchive(archive)!, studyInstanceUID, instances, onProgress, signal,
    connections: archive.connections, spoolDir: join(dataDir, 'spool'),
  });
}
