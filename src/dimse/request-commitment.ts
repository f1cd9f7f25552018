/**
 * Storage Commitment Push Model as SCU (PS3.4 Annex J): N-ACTION, and the report when it comes on the same
 * association. Most providers report later on an association of their own, which the SCP takes.
 */
import { encodeDataset } from '../dicom/encode.ts';
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { commandField } from './command-set.ts';
import { commitmentRequest, type CommitmentRequest } from './commitment-dataset.ts';
import { handleReport, type TakeReport } from './commitment-report.ts';
import { defaultRequestorTimers, openAssociation, type DimseAddress, type RequestedAssociation, type RequestorTimers } from './requestor.ts';
import { describeStatus, status } from './status.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from './uids.ts';

export interface CommitmentRequestOptions {
  readonly take: TakeReport;
  /** Ends the wait for a report on this association, e.g. because it has come on another one. */
  readonly reported: AbortSignal;
  /** How long a report is waited for on this association. */
  readonly waitMs: number;
  readonly timers?: Partial<RequestorTimers>;
  readonly signal?: AbortSignal;
  readonly log: Log;
}

/** Waits for the answer to the N-ACTION; a report may overtake it. */
async function answerOf(association: RequestedAssociation, responseMs: number, options: CommitmentRequestOptions): Promise<number> {
  for (;;) {
    const incoming = await association.receive(responseMs);
    if (incoming.kind !== 'message') throw new AppError('DIMSE_PEER_ABORTED', 'The peer ended the association instead of answering the commitment request');
    const { command } = incoming;
    if (command.commandField === commandField.nEventReportRequest) await handleReport(association, incoming, options.take, options.log);
    else if (command.commandField === commandField.nActionResponse) return command.status ?? -1;
  }
}

async function waitForReport(association: RequestedAssociation, responseMs: number, options: CommitmentRequestOptions): Promise<void> {
  const enough = AbortSignal.any([options.reported, AbortSignal.timeout(options.waitMs), ...(options.signal === undefined ? [] : [options.signal])]);
  while (!enough.aborted && await association.ready(enough)) {
    const incoming = await association.receive(responseMs);
    if (incoming.kind !== 'message') return;
    if (incoming.command.commandField === commandField.nEventReportRequest) await handleReport(association, incoming, options.take, options.log);
  }
}

/**
 * Resolves when the request was accepted and no (further) report is waited for here.
 * Errors: those of `openAssociation`; DIMSE_PEER_REJECTED when the peer does not offer storage commitment;
 * DIMSE_PEER_REFUSED_INSTANCE when it refuses the request.
 */
export async function requestCommitment(address: DimseAddress, request: CommitmentRequest, options: CommitmentRequestOptions): Promise<void> {
  const context = { id: 1, abstractSyntaxUID: storageCommitmentSOPClass, transferSyntaxUIDs: [explicitVRLittleEndian, implicitVRLittleEndian] };
  const responseMs = options.timers?.responseMs ?? defaultRequestorTimers.responseMs;
  const association = await openAssociation(address, [context], { timers: options.timers ?? {}, ...(options.signal === undefined ? {} : { signal: options.signal }) });
  try {
    const accepted = association.contexts.get(1);
    if (accepted === undefined) throw new AppError('DIMSE_PEER_REJECTED', `${address.calledAETitle} does not offer storage commitment`);
    await association.send(1, {
      commandField: commandField.nActionRequest, requestedSOPClassUID: storageCommitmentSOPClass, requestedSOPInstanceUID: storageCommitmentSOPInstance,
      messageID: 1, actionTypeID: 1, hasDataset: true,
    }, [encodeDataset(commitmentRequest(request), accepted.transferSyntaxUID)]);
    const answer = await answerOf(association, responseMs, options);
    if (answer !== status.success) throw new AppError('DIMSE_PEER_REFUSED_INSTANCE', `The peer refused the commitment request: ${describeStatus(answer)}`);
    await waitForReport(association, responseMs, options);
  } finally {
    await association.release();
  }
}
