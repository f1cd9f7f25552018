/** The reading part of an archive for one job: its instances, fetched over DICOMweb and kept on this host while it runs. */
import type { InstanceReader } from '../archive/port.ts';
import { openSpool } from '../archive/spool.ts';
import { AppError } from '../errors.ts';
import { fetchInstances, type FetchOptions } from './fetch-instances.ts';

export interface RemoteInstances extends InstanceReader {
  /** Nothing of them stays on this host. */
  close(): Promise<void>;
}

/** Fetches all of them; reading cannot fail for the network afterwards. Errors: those of `fetchInstances`. */
export async function openRemoteInstances(options: Omit<FetchOptions, 'spool'> & { readonly spoolDir: string }): Promise<RemoteInstances> {
  const spool = await openSpool(options.spoolDir);
  try {
    const files = await fetchInstances({ ...options, spool });
    return {
      async read(key) {
        const file = files.get(key);
        if (file === undefined) throw new AppError('ARCHIVE_NOT_FOUND', 'The job names no such instance', { details: { key } });
        return spool.read(file);
      },
      close: () => spool.close(),
    };
  } catch (error) {
    await spool.close();
    throw error;
  }
}
