/**
 * The composition root: opens what is stored, joins the parts in order, and closes them in reverse. Nothing else in
 * the project knows more than its own port.
 */
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAnalysisService, type AnalysisService } from './analysis/analysis-service.ts';
import { openFileArchive } from './archive/file-archive.ts';
import type { Config } from './config.ts';
import { startDelivery } from './delivery/delivery.ts';
import { openCommitmentStore } from './dimse/commitment-store.ts';
import { startDimseScp } from './dimse/scp.ts';
import { verifyInArchive } from './dimse/verify-stored.ts';
import { buildHttp } from './http/build.ts';
import { countReceptions, createMetrics } from './http/metrics.ts';
import { openSqliteIndex } from './index/sqlite-index.ts';
import { readIdentity } from './inference/registry.ts';
import type { Log } from './log.ts';
import { summarizeModels } from './model-summaries.ts';
import { openQueue } from './queue/open.ts';
import { projectRoot, version } from './settings.ts';
import { createStudyService } from './study/study-service.ts';
import { startWorkerPool } from './worker-pool.ts';

export interface Service {
  readonly httpUrl: string;
  readonly dicomPort: number;
  forceComplete(studyInstanceUID: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts everything that the settings ask for. Rejects when a port is taken or a store cannot be opened. */
export async function startService(config: Config, env: Readonly<Record<string, string | undefined>>, log: Log): Promise<Service> {
  const closers: (() => Promise<void>)[] = [];
  const onClose = (close: () => Promise<void>): void => { closers.unshift(close); };
  async function close(): Promise<void> {
    for (const closer of closers.splice(0)) await closer();
  }
  try {
    await mkdir(config.dataDir, { recursive: true });
    const archive = await openFileArchive(config.dataDir, { reserveBytes: config.reserveBytes });
    const index = await openSqliteIndex(join(config.dataDir, 'index.sqlite'));
    onClose(() => index.close());
    const queue = await openQueue(config);
    onClose(() => queue.close());
    const metrics = createMetrics();
    const study = countReceptions(createStudyService({
      archive, index, log,
      settings: {
        quietSeconds: config.completeness.seriesQuietSeconds, maxInstanceBytes: config.dicom.maxInstanceBytes,
        ...(config.completeness.patienceSeconds === undefined ? {} : { patienceSeconds: config.completeness.patienceSeconds }),
      },
    }), metrics);
    onClose(() => study.close());
    const delivery = startDelivery({
      destinations: config.destinations, index, archive, log, aeTitle: config.dicom.aeTitle,
      onChanged: ({ studyInstanceUID }) => study.announce(studyInstanceUID),
    });
    onClose(() => delivery.close());
    const analysis: AnalysisService = createAnalysisService({
      index, study, queue, log,
      model: () => readIdentity(config.modelsDir, config.model),
      destinations: config.destinations,
      onDeliveries: () => delivery.wake(),
      maxAttempts: config.job.maxAttempts,
    });
    onClose(() => analysis.close());

    const scp = await startDimseScp({
      host: config.dicom.host, port: config.dicom.port, aeTitle: config.dicom.aeTitle,
      study, log, peers: config.dicom.peers,
      // Otherwise the SCP's own rule holds: open on a loopback address without named peers.
      ...(config.dicom.openToAnyPeer ? { openToAnyPeer: true } : {}),
      commitment: { verify: verifyInArchive(index, archive, log), store: await openCommitmentStore(join(config.dataDir, 'commitment'), log) },
      limits: { maxAssociations: config.dicom.maxAssociations },
    });
    onClose(() => scp.close());

    const http = buildHttp({
      config: {
        version,
        viewerDir: join(projectRoot, 'viewer/dist'),
        aeTitle: config.dicom.aeTitle,
        dicomPort: scp.port,
        quietSeconds: config.completeness.seriesQuietSeconds,
        ...(config.http.publicUrl === undefined ? {} : { publicUrl: config.http.publicUrl }),
        ...(config.http.token === undefined ? {} : { token: config.http.token }),
        allowedHosts: config.http.allowedHosts,
        corsOrigins: config.http.corsOrigins,
        limits: { maxInstanceBytes: config.dicom.maxInstanceBytes },
      },
      archive, index, study, queue, log,
      models: () => summarizeModels(config.modelsDir, config.model),
      destinations: config.destinations.map(({ name }) => name),
      actions: {
        reanalyse: (studyInstanceUID) => analysis.reanalyse(studyInstanceUID),
        setPriority: (studyInstanceUID, priority) => analysis.setPriority(studyInstanceUID, priority),
        resendDelivery: (id) => delivery.resend(id),
      },
    }, metrics);
    await http.listen({ host: config.http.host, port: config.http.port });
    onClose(() => http.close());
    const address = http.server.address() as AddressInfo;

    // Results first, then studies: a study whose result waits must not be queued a second time.
    await analysis.resume();
    await study.resume();

    const workers = startWorkerPool({ count: config.workers, env, log });
    onClose(() => workers.close());
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return { httpUrl: `http://${host}:${address.port}/`, dicomPort: scp.port, forceComplete: (uid) => study.forceComplete(uid), close };
  } catch (error) {
    await close();
    throw error;
  }
}
