/** Results to a destination by C-STORE. */
import type { ConnectionOptions } from 'node:tls';
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import type { RequestorTimers } from '../dimse/requestor.ts';
import { sendInstances, type SendOutcome } from '../dimse/send-instances.ts';
import { loadClientTls } from '../dimse/tls.ts';
import { toAppError } from '../errors.ts';
import { isOwnFault, type DimseDestination, type ObjectResult, type Sender } from './destination.ts';

function resultOf({ state, error, status }: SendOutcome): ObjectResult {
  if (state === 'sent' || error === undefined) return { kind: 'sent' };
  // A7xx is a full disk there; 0110 and the like are worth another try as well.
  const considered = status !== undefined && ((status & 0xff00) === 0xa900 || (status & 0xf000) === 0xc000 || status === 0x0117 || status === 0x0122 || status === 0x0124);
  const noContext = error.code === 'DIMSE_PEER_REFUSED_INSTANCE' && status === undefined;
  return { kind: considered || noContext || isOwnFault(error) ? 'refused' : 'failed', error };
}

function preferenceOf(wish: DimseDestination['transferSyntax']): { readonly prefer?: string } {
  if (wish === undefined || wish === 'as-stored') return {};
  return { prefer: wish === 'implicit-little-endian' ? implicitVRLittleEndian : explicitVRLittleEndian };
}

export function createDimseSender(
  destination: DimseDestination, ownAETitle: string, timers: Partial<RequestorTimers> = {},
): Sender {
  return async (objects, settle, signal) => {
    let tls: ConnectionOptions | undefined;
    try {
      if (destination.tls !== undefined) tls = loadClientTls(destination.tls, destination.host);
    } catch (error) {
      for (const object of objects) settle(object, { kind: 'failed', error: toAppError(error) });
      return;
    }
    const byUID = new Map(objects.map((object) => [object.sopInstanceUID, object]));
    await sendInstances({
      host: destination.host, port: destination.port, calledAETitle: destination.aeTitle,
      callingAETitle: destination.callingAETitle ?? ownAETitle,
      ...(tls === undefined ? {} : { tls }),
      ...preferenceOf(destination.transferSyntax),
      instances: objects, timers, signal,
      onStatus: (outcome) => settle(byUID.get(outcome.instance.sopInstanceUID)!, resultOf(outcome)),
    });
  };
}
