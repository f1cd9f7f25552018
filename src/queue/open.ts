/** The queue that the settings ask for: Redis when there is an address, otherwise a file beside the archive. */
import { join } from 'node:path';
import { makePrivateFolder } from '../durable-files.ts';
import { openBullQueue } from './bull-queue.ts';
import type { JobQueue } from './port.ts';
import { openSqliteQueue } from './sqlite-queue.ts';

export const jobNames = ['analyze'] as const;

export interface QueueSettings {
  readonly redisUrl?: string;
  readonly dataDir: string;
  readonly job: { readonly leaseSeconds: number };
}

export async function openQueue(settings: QueueSettings): Promise<JobQueue> {
  const leaseMs = settings.job.leaseSeconds * 1000;
  if (settings.redisUrl !== undefined) return openBullQueue({ url: settings.redisUrl, prefix: 'phoi', names: jobNames, leaseMs });
  await makePrivateFolder(settings.dataDir);
  return openSqliteQueue(join(settings.dataDir, 'queue.sqlite'), { leaseMs });
}
