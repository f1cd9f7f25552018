/**
 * Storage Commitment Push Model as SCP (PS3.4 Annex J):
 *
 *   N-ACTION ─► written to disk ─► answered 0000 ─► every instance verified ─► N-EVENT-REPORT
 *                                                   on the same association while it is open, else on a new one,
 *                                                   again and again until the requester has confirmed it
 */
import { isIP } from 'node:net';
import { encodeDataset } from '../dicom/encode.ts';
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { commandField, type CommandSet } from './command-set.ts';
import { commitmentReport, eventTypeOf, type CommitmentRequest, type CommitmentResult } from './commitment-dataset.ts';
import type { CommitmentStore, PendingCommitment } from './commitment-store.ts';
import type { DimsePeer } from './negotiation.ts';
import { request } from './request.ts';
import { defaultRequestorTimers, openAssociation, type DimseAddress, type RequestorTimers } from './requestor.ts';
import { describeStatus, status } from './status.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from './uids.ts';
import { loadClientTls } from './tls.ts';
import type { VerifyStored } from './verify-stored.ts';

/** The association on which a request came. */
export interface CommitmentSession {
  readonly callingAETitle: string;
  readonly remoteAddress: string;
  /** Resolves with the status of the response. Rejects when the association has ended. */
  report(command: CommandSet, encode: (transferSyntaxUID: string) => Uint8Array): Promise<number>;
  readonly open: boolean;
}

export interface CommitmentService {
  /** Durable when it resolves; verification and report follow on their own. */
  accept(commitment: CommitmentRequest, session: CommitmentSession): Promise<void>;
  /** Reports that were pending before a restart. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface CommitmentServiceOptions {
  readonly aeTitle: string;
  readonly peers: readonly DimsePeer[];
  readonly verify: VerifyStored;
  readonly store: CommitmentStore;
  readonly log: Log;
  /**
   * How long a requester may take to release after its request; one that is still there then waits for the report on
   * the same association. Default 500.
   */
  readonly releaseGraceMs?: number;
  /** Wait before the second attempt, doubled for each further one up to `maxRetryMs`. Default 5 s and 1 h. */
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  readonly timers?: Partial<RequestorTimers>;
}

/** After so many attempts (about two weeks with the default waits) a report stays on disk but is not tried again. */
const maxAttempts = 350;

export function createCommitmentService(options: CommitmentServiceOptions): CommitmentService {
  const { log, store } = options;
  const firstRetryMs = options.firstRetryMs ?? 5_000;
  const maxRetryMs = options.maxRetryMs ?? 3_600_000;
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let closed = false;

  function run(work: () => Promise<void>): void {
    const promise = work()
      .catch((error: unknown) => log.error({ reason: toAppError(error).message }, 'Storage commitment failed'))
      .finally(() => running.delete(promise));
    running.add(promise);
  }

  function later(delayMs: number, work: () => Promise<void>): void {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      run(work);
    }, delayMs);
    timers.add(timer);
  }

  async function verifyAll(commitment: CommitmentRequest): Promise<CommitmentResult> {
    const committed: CommitmentResult['committed'][number][] = [];
    const failed: CommitmentResult['failed'][number][] = [];
    for (const reference of commitment.references) {
      const verdict = await options.verify(reference);
      if (verdict === 'committed') committed.push(reference);
      else failed.push({ ...reference, reason: verdict });
    }
    return { committed, failed };
  }

  /** Where the requester listens: the configured port of its AE title, at its configured or actual address. */
  function addressOf(pending: PendingCommitment): DimseAddress | undefined {
    const peer = options.peers.find(({ aeTitle, port }) => aeTitle === pending.callingAETitle && port !== undefined);
    if (peer?.port === undefined) return undefined;
    const host = peer.host ?? (peer.address !== undefined && (isIP(peer.address) !== 0 || peer.address === 'localhost') ? peer.address : pending.remoteAddress);
    return {
      host, port: peer.port, calledAETitle: pending.callingAETitle, callingAETitle: options.aeTitle,
      ...(peer.tls === undefined ? {} : { tls: loadClientTls(peer.tls, host) }),
    };
  }

  async function reportOnNewAssociation(pending: PendingCommitment, command: CommandSet & { readonly messageID: number }, encode: (uid: string) => Uint8Array): Promise<number> {
    const address = addressOf(pending);
    if (address === undefined) throw new AppError('DIMSE_PEER_UNREACHABLE', `No port is configured for ${pending.callingAETitle}, so its commitment report cannot be sent`);
    const context = { id: 1, abstractSyntaxUID: storageCommitmentSOPClass, transferSyntaxUIDs: [explicitVRLittleEndian, implicitVRLittleEndian] };
    const association = await openAssociation(address, [context], {
      roles: [{ sopClassUID: storageCommitmentSOPClass, scu: false, scp: true }],
      timers: options.timers ?? {},
    });
    try {
      const accepted = association.contexts.get(1);
      if (accepted === undefined) throw new AppError('DIMSE_PEER_REJECTED', `${address.calledAETitle} does not take storage commitment reports`);
      const response = await request(association, 1, command, options.timers?.responseMs ?? defaultRequestorTimers.responseMs, [encode(accepted.transferSyntaxUID)]);
      return response.status ?? -1;
    } finally {
      await association.release();
    }
  }

  async function deliver(pending: PendingCommitment, session?: CommitmentSession): Promise<void> {
    if (closed) return;
    const facts = { transactionUID: pending.transactionUID, callingAETitle: pending.callingAETitle };
    let sameAssociation: CommitmentSession | undefined;
    try {
      // Verified anew at each attempt: the report must be true at the time at which it is confirmed.
      const result = await verifyAll(pending);
      const command = {
        commandField: commandField.nEventReportRequest, affectedSOPClassUID: storageCommitmentSOPClass,
        affectedSOPInstanceUID: storageCommitmentSOPInstance, messageID: 1, eventTypeID: eventTypeOf(result), hasDataset: true,
      };
      const encode = (uid: string): Uint8Array => encodeDataset(commitmentReport(pending.transactionUID, result), uid);
      sameAssociation = session?.open === true ? session : undefined;
      const answer = await (sameAssociation?.report(command, encode) ?? reportOnNewAssociation(pending, command, encode));
      if (answer !== status.success) throw new AppError('DIMSE_PEER_REFUSED_INSTANCE', `The report was answered with ${describeStatus(answer)}`);
      await store.remove(pending);
      log.info({ ...facts, committed: result.committed.length, failed: result.failed.length }, 'Storage commitment reported');
    } catch (error) {
      await postpone(pending, toAppError(error), sameAssociation !== undefined);
    }
  }

  async function postpone(pending: PendingCommitment, error: AppError, wasOnSession: boolean): Promise<void> {
    const attempts = pending.attempts + 1;
    // A failure on the requester's own association says nothing about its listener: that one is tried at once.
    const delayMs = wasOnSession ? 0 : Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(pending.attempts, 20));
    const next = { ...pending, attempts, lastError: error.message, nextAttemptAt: new Date(Date.now() + delayMs).toISOString() };
    const facts = { transactionUID: pending.transactionUID, callingAETitle: pending.callingAETitle, attempts, code: error.code, reason: error.message };
    try {
      await store.put(next);
    } catch (cause) {
      // The note of the request is still there; only how often it was tried is forgotten at a restart.
      log.error({ ...facts, cause: toAppError(cause).message }, 'A storage commitment attempt cannot be written down');
    }
    if (attempts >= maxAttempts) log.error(facts, 'Storage commitment report given up, it stays on disk');
    else {
      log.warn({ ...facts, delayMs }, 'Storage commitment report postponed');
      later(delayMs, () => deliver(next));
    }
  }

  return {
    async accept(commitment, session) {
      const now = new Date().toISOString();
      const pending: PendingCommitment = {
        ...commitment, callingAETitle: session.callingAETitle, remoteAddress: session.remoteAddress,
        requestedAt: now, attempts: 0, nextAttemptAt: now,
      };
      await store.put(pending);
      later(options.releaseGraceMs ?? 500, () => deliver(pending, session.open ? session : undefined));
    },
    async resume() {
      for (const pending of await store.list()) {
        if (pending.attempts < maxAttempts) later(Math.max(0, Date.parse(pending.nextAttemptAt) - Date.now()), () => deliver(pending));
      }
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
