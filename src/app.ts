/**
 * The composition root: opens what is stored, joins the parts in order, and closes them in reverse. Nothing else in
 * the project knows more than its own port.
 */
import { stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createChannels } from './alerts/channels.ts';
import { startAlerts } from './alerts/alert-service.ts';
import { createAnalysisService, type AnalysisService } from './analysis/analysis-service.ts';
import { createAccounts } from './accounts/accounts.ts';
import { openAccountStore } from './accounts/open.ts';
import { openFileArchive } from './archive/file-archive.ts';
import { printableConfig, type Config } from './config.ts';
import { recordAccountChanges } from './audit/account-changes.ts';
import { recordArrivals, recordRefusals, recordStart } from './audit/recording-service.ts';
import { recorderOf, recordingIndex } from './audit/recording-index.ts';
import { openAuditTrail } from './audit/trail.ts';
import { startDelivery } from './delivery/delivery.ts';
import { describeDestinations } from './delivery/describe-destinations.ts';
import { resolveDestinations } from './delivery/resolve-destinations.ts';
import { createRouter } from './delivery/router.ts';
import { createRejectionRouter } from './delivery/route-rejection.ts';
import { openCommitmentStore } from './dimse/commitment-store.ts';
import { startDimseScp } from './dimse/scp.ts';
import { makePrivateFolder } from './durable-files.ts';
import { toAppError } from './errors.ts';
import { verifyInArchive } from './dimse/verify-stored.ts';
import { buildHttp } from './http/build.ts';
import { countReceptions, createMetrics } from './http/metrics.ts';
import { openIndex } from './index/open.ts';
import type { Log } from './log.ts';
import { createMeasurer } from './measuring-process.ts';
import { summarizeModels } from './model-summaries.ts';
import { createIdentityProvider, providerAddresses } from './oidc/provider.ts';
import { openQueue } from './queue/open.ts';
import { projectRoot, serverDir, version } from './settings.ts';
import { createFindSite } from './sites/find-site.ts';
import { startRetention } from './retention/retention-service.ts';
import { createReviewService } from './review/review-service.ts';
import { createStudyService } from './study/study-service.ts';
import { createModelRegistry } from './registry/model-registry.ts';
import { startWorkerPool } from './worker-pool.ts';

export interface Service {
  readonly httpUrl: string;
  readonly dicomPort: number;
  readonly dicomTlsPort?: number;
  forceComplete(studyInstanceUID: string): Promise<void>;
  close(): Promise<void>;
}

/** How often servers that share an index look after each other's studies. */
const leastWatchSeconds = 10;

/** Starts everything that the settings ask for. Rejects when a port is taken or a store cannot be opened. */
export async function startService(config: Config, env: Readonly<Record<string, string | undefined>>, log: Log): Promise<Service> {
  const closers: (() => Promise<void>)[] = [];
  const onClose = (close: () => Promise<void>): void => { closers.unshift(close); };
  /** One part that cannot be closed keeps no other from ending in order. */
  async function close(): Promise<void> {
    for (const closer of closers.splice(0)) {
      await closer().catch((error: unknown) => log.error({ err: toAppError(error) }, 'A part of the service did not end in order'));
    }
  }
  try {
    await makePrivateFolder(config.dataDir);
    if (((await stat(config.dataDir)).mode & 0o007) !== 0) log.warn('Every user of this machine can enter the data folder: take that right from others (chmod o-rwx)');
    // First of all: who has the trail has the data folder, or its own part of one that servers share. A second service
    // on it ends here and has touched nothing.
    const trail = await openAuditTrail(join(serverDir(config), 'audit'));
    onClose(() => trail.close());
    const archive = await openFileArchive(config.dataDir, { reserveBytes: config.reserveBytes });
    const record = recorderOf(trail, log);
    const storedIndex = await openIndex(config, log);
    const index = recordingIndex(storedIndex, record);
    onClose(() => index.close());
    await recordStart({ settings: printableConfig(config), version, serverName: config.serverName, index, record });
    onClose(() => record({ kind: 'service-stopped', action: 'execute', outcome: 'success', actor: { name: 'phoi', kind: 'service' }, what: 'stop' }));
    const queue = await openQueue(config);
    onClose(() => queue.close());
    const registry = createModelRegistry({
      modelsDir: config.modelsDir, dataDir: config.dataDir, defaultModel: config.model, queue,
      limits: { timeoutMs: config.job.timeoutSeconds * 1000, maxMemoryBytes: config.job.maxMemoryMiB * 1024 ** 2 },
    });
    const metrics = createMetrics();
    const findSite = createFindSite(config.sites);
    const study = countReceptions(createStudyService({
      archive, index, log, findSite,
      settings: {
        quietSeconds: config.completeness.seriesQuietSeconds, maxInstanceBytes: config.dicom.maxInstanceBytes,
        ...(config.databaseUrl === undefined ? {} : { watchSeconds: Math.max(config.completeness.seriesQuietSeconds, leastWatchSeconds) }),
        ...(config.completeness.patienceSeconds === undefined ? {} : { patienceSeconds: config.completeness.patienceSeconds }),
      },
    }), metrics);
    onClose(() => study.close());
    recordArrivals(study, index, record, log);
    const { destinations, dicom: { peers } } = config;
    const delivery = startDelivery({
      destinations: resolveDestinations(destinations, peers), index, archive, log, aeTitle: config.dicom.aeTitle,
      onChanged: ({ studyInstanceUID }) => study.announce(studyInstanceUID),
    });
    onClose(() => delivery.close());
    const router = createRouter({ index, destinations, peers, log, onDeliveries: () => delivery.wake() });
    const analysis: AnalysisService = createAnalysisService({
      index, study, queue, log,
      model: () => registry.champion(),
      shadows: () => registry.shadows(),
      route: (request) => router.route(request),
      routeRejection: createRejectionRouter({ index, log, onDeliveries: () => delivery.wake() }),
      softwareVersion: version,
      maxAttempts: config.job.maxAttempts,
    });
    onClose(() => analysis.close());

    const measurer = createMeasurer({ dataDir: config.dataDir, log });
    onClose(() => measurer.close());
    const review = createReviewService({
      index, archive, study, log, measurer, softwareVersion: version,
      route: (request) => router.route(request),
      onEvent: (studyInstanceUID, { kind, reader, from, version: signedVersion }) => record({
        kind: 'review', action: kind === 'signed' ? 'create' : 'update', outcome: 'success', actor: { name: reader.name, kind: 'person' }, studyInstanceUID, what: kind,
        details: { readerId: reader.id, ...(from === undefined ? {} : { from: from.id }), ...(signedVersion === undefined ? {} : { version: signedVersion }) },
      }),
    });
    onClose(() => review.close());

    const scp = await startDimseScp({
      host: config.dicom.host, port: config.dicom.port, aeTitle: config.dicom.aeTitle,
      study, log, peers: config.dicom.peers, onRefused: recordRefusals(record),
      // Otherwise the SCP's own rule holds: open on a loopback address without named peers.
      ...(config.dicom.openToAnyPeer ? { openToAnyPeer: true } : {}),
      commitment: { verify: verifyInArchive(index, archive, log), store: await openCommitmentStore(join(serverDir(config), 'commitment'), log) },
      ...(config.dicom.tls === undefined ? {} : { tls: { host: config.dicom.host, ...config.dicom.tls } }),
      reports: { take: (report) => delivery.reported(report), from: delivery.reporters },
      limits: { maxAssociations: config.dicom.maxAssociations },
    });
    onClose(() => scp.close());

    const { webhooks, email, ...thresholds } = config.alerts;
    const alerts = await startAlerts({
      thresholds, index, log, noteName: config.serverName === undefined ? 'alerts' : `alerts of ${config.serverName}`,
      channels: createChannels({ webhooks, email }, version, config.http.publicUrl),
      async measure() {
        const [{ states, senders }, destinations, freeBytes, jobs] = await Promise.all([index.dashboard(), index.deliverySummaries(), archive.freeBytes(), queue.counts()]);
        return { states, senders, freeBytes, jobs, failedDeliveries: destinations.map(({ destination, counts }) => ({ destination, count: counts.failed })) };
      },
    });
    onClose(() => alerts.close());

    const accountStore = config.http.accounts ? await openAccountStore(config, log) : undefined;
    if (accountStore !== undefined) {
      onClose(() => accountStore.close());
      const changes = recordAccountChanges({ accounts: accountStore, index, append: (event) => trail.append(event), log });
      onClose(() => changes.close());
    }
    const { oidc, http: { publicUrl } } = config;
    const signIn = oidc === undefined || publicUrl === undefined ? undefined : { settings: oidc, provider: createIdentityProvider(oidc, providerAddresses(publicUrl)) };
    const http = buildHttp({
      config: {
        version,
        viewerDir: join(projectRoot, 'viewer/dist'),
        aeTitle: config.dicom.aeTitle,
        dicomPort: scp.port,
        quietSeconds: config.completeness.seriesQuietSeconds,
        ...(config.http.publicUrl === undefined ? {} : { publicUrl: config.http.publicUrl }),
        ...(config.http.token === undefined ? {} : { token: config.http.token }),
        sites: config.sites,
        trustedProxies: config.http.trustedProxies,
        allowedHosts: config.http.allowedHosts,
        corsOrigins: config.http.corsOrigins,
        limits: { maxInstanceBytes: config.dicom.maxInstanceBytes, requestsPerMinute: config.http.requestsPerMinute },
      },
      archive, index, study, queue, review, log, audit: record, appendAudit: (event) => trail.append(event), ...(accountStore === undefined ? {} : { accounts: createAccounts(accountStore, Date.now, config.sites.map(({ name }) => name)) }),
      ...(signIn === undefined ? {} : { signIn }),
      models: () => summarizeModels(registry),
      registry, alerts,
      destinations: describeDestinations(destinations, peers),
      actions: {
        reanalyse: (studyInstanceUID) => analysis.reanalyse(studyInstanceUID),
        setPriority: (studyInstanceUID, priority) => analysis.setPriority(studyInstanceUID, priority),
        resendDeliveries: (filter) => delivery.resend(filter),
      },
    }, metrics);
    await http.listen({ host: config.http.host, port: config.http.port });
    onClose(() => http.close());
    const address = http.server.address() as AddressInfo;

    // Results first, then studies: a study whose result waits must not be queued a second time.
    await analysis.resume();
    await review.resume();
    await study.resume();
    if (config.sites.length > 0) {
      const assigned = await index.assignSites(({ sources, institutionName }) => findSite(sources[0] ?? {}, institutionName) ?? '');
      if (assigned > 0) log.info({ assigned }, 'Studies from before there were sites have got theirs');
    }

    const { days } = config.retention;
    if (days !== undefined) {
      const retention = startRetention({ index, archive, append: (event) => trail.append(event), days, log });
      onClose(() => retention.close());
    }

    const workers = startWorkerPool({ count: config.workers, env, log });
    onClose(() => workers.close());
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return { httpUrl: `http://${host}:${address.port}/`, dicomPort: scp.port, ...(scp.tlsPort === undefined ? {} : { dicomTlsPort: scp.tlsPort }), forceComplete: (uid) => study.forceComplete(uid), close };
  } catch (error) {
    await close();
    throw error;
  }
}
