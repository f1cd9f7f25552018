/** Results to a destination by C-STORE. */
import type { RequestorTimers } from '../dimse/requestor.ts';
import { sendInstances, type SendOutcome } from '../dimse/send-instances.ts';
import { isOwnFault, type Destination, type ObjectResult, type Sender } from './destination.ts';

function resultOf({ state, error, status }: SendOutcome): ObjectResult {
  if (state === 'sent' || error === undefined) return { kind: 'sent' };
  // A7xx is a full disk there; 0110 and the like are worth another try as well.
  const considered = status !== undefined && ((status & 0xff00) === 0xa900 || (status & 0xf000) === 0xc000 || status === 0x0117 || status === 0x0122 || status === 0x0124);
  const noContext = error.code === 'DIMSE_PEER_REFUSED_INSTANCE' && status === undefined;
  return { kind: considered || noContext || isOwnFault(error) ? 'refused' : 'failed', error };
}

export function createDimseSender(
  destination: Extract<Destination, { kind: 'dimse' }>, ownAETitle: string, timers: Partial<RequestorTimers> = {},
): Sender {
  return async (objects, settle, signal) => {
    const byUID = new Map(objects.map((object) => [object.sopInstanceUID, object]));
    await sendInstances({
      host: destination.host, port: destination.port, calledAETitle: destination.aeTitle,
      callingAETitle: destination.callingAETitle ?? ownAETitle,
      instances: objects, timers, signal,
      onStatus: (outcome) => settle(byUID.get(outcome.instance.sopInstanceUID)!, resultOf(outcome)),
    });
  };
}
