/** The SCP with everything that stands behind it in the service: archive, index, study service, storage commitment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileArchive } from '../../../src/archive/file-archive.ts';
import type { InstanceArchive } from '../../../src/archive/port.ts';
import { openCommitmentStore, type CommitmentStore } from '../../../src/dimse/commitment-store.ts';
import type { DimsePeer } from '../../../src/dimse/negotiation.ts';
import { startDimseScp, type DimseScp } from '../../../src/dimse/scp.ts';
import { verifyInArchive } from '../../../src/dimse/verify-stored.ts';
import type { StudyIndex } from '../../../src/index/port.ts';
import { openSqliteIndex } from '../../../src/index/sqlite-index.ts';
import { silentLog } from '../../../src/log.ts';
import type { StudyService } from '../../../src/study/port.ts';
import { createStudyService } from '../../../src/study/study-service.ts';

export interface RealService {
  readonly dataDir: string;
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly commitments: CommitmentStore;
  readonly port: number;
  /** Ends the SCP and starts it again on the same port and data. */
  restart(change?: { readonly peers?: readonly DimsePeer[] }): Promise<void>;
  stop(): Promise<void>;
}

export async function startRealService(options: {
  readonly peers?: readonly DimsePeer[];
  readonly port?: number;
  /** Kept after `stop`; a new folder that goes with it when left out. */
  readonly dataDir?: string;
} = {}): Promise<RealService> {
  const dataDir = options.dataDir ?? await mkdtemp(join(tmpdir(), 'phoi-service-'));
  const log = silentLog();
  const archive = await openFileArchive(dataDir);
  const index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
  const study = createStudyService({ archive, index, settings: { quietSeconds: 3600 }, log });
  const commitments = await openCommitmentStore(join(dataDir, 'commitment'), log);
  const start = (port: number, peers: readonly DimsePeer[]): Promise<DimseScp> => startDimseScp({
    host: '127.0.0.1', port, aeTitle: 'PHOI', study, log, peers, openToAnyPeer: true,
    commitment: { verify: verifyInArchive(index, archive, log), store: commitments, releaseGraceMs: 100, firstRetryMs: 50, maxRetryMs: 200 },
  });
  let scp = await start(options.port ?? 0, options.peers ?? []);
  return {
    dataDir, archive, index, study, commitments,
    get port() {
      return scp.port;
    },
    async restart({ peers } = {}) {
      await scp.close();
      scp = await start(scp.port, peers ?? options.peers ?? []);
    },
    async stop() {
      await scp.close();
      await study.close();
      await index.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
