/** C-ECHO as SCU (PS3.4 Annex A): is the system there, and does it know us? */
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import { AppError } from '../errors.ts';
import { commandField } from './command-set.ts';
import { request } from './request.ts';
import { defaultRequestorTimers, openAssociation, type DimseAddress, type RequestorTimers } from './requestor.ts';
import { status } from './status.ts';
import { verificationSOPClass } from './uids.ts';

/** Resolves with the round trip in ms. Errors as `openAssociation`; DIMSE_PEER_REJECTED when Verification is refused. */
export async function echo(address: DimseAddress, timers: Partial<RequestorTimers> = {}): Promise<number> {
  const context = { id: 1, abstractSyntaxUID: verificationSOPClass, transferSyntaxUIDs: [implicitVRLittleEndian, explicitVRLittleEndian] };
  const association = await openAssociation(address, [context], { timers });
  try {
    if (!association.contexts.has(1)) throw new AppError('DIMSE_PEER_REJECTED', `${address.calledAETitle} does not take C-ECHO`);
    const startedAt = performance.now();
    const response = await request(association, 1, {
      commandField: commandField.cEchoRequest, affectedSOPClassUID: verificationSOPClass, messageID: 1, hasDataset: false,
    }, timers.responseMs ?? defaultRequestorTimers.responseMs);
    if (response.status !== status.success) throw new AppError('DIMSE_PEER_REJECTED', `C-ECHO was answered with status ${String(response.status)}`);
    return performance.now() - startedAt;
  } finally {
    await association.release();
  }
}
