/** Which presentation contexts a set of instances needs, and in how many associations (PS3.8 9.3.2.2: 128 contexts each). */
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import type { ProposedContext } from './associate-pdu.ts';
import type { AcceptedContext } from './association.ts';

export interface Sendable {
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
}

export interface Batch<Instance> {
  readonly instances: readonly Instance[];
  readonly contexts: readonly ProposedContext[];
}

const maxContexts = 128;
const plain = [explicitVRLittleEndian, implicitVRLittleEndian];

/**
 * Abstract and transfer syntaxes of the contexts for one instance: as it is, and one that every peer can take. With a
 * preference each syntax has a context of its own, so that the choice is ours and not the peer's.
 */
function wanted({ sopClassUID, transferSyntaxUID }: Sendable, prefer: string | undefined): readonly Omit<ProposedContext, 'id'>[] {
  if (prefer !== undefined) {
    const order = new Set([prefer, transferSyntaxUID, ...plain]);
    return [...order].map((uid) => ({ abstractSyntaxUID: sopClassUID, transferSyntaxUIDs: [uid] }));
  }
  const fallback = { abstractSyntaxUID: sopClassUID, transferSyntaxUIDs: transferSyntaxUID === implicitVRLittleEndian ? [...plain].reverse() : plain };
  return plain.includes(transferSyntaxUID) ? [fallback] : [{ abstractSyntaxUID: sopClassUID, transferSyntaxUIDs: [transferSyntaxUID] }, fallback];
}

/** Groups the instances in their order; every batch fits one association. */
export function planBatches<Instance extends Sendable>(instances: readonly Instance[], prefer?: string): readonly Batch<Instance>[] {
  const batches: { instances: Instance[]; contexts: ProposedContext[]; keys: Set<string> }[] = [];
  for (const instance of instances) {
    const contexts = wanted(instance, prefer).map((context) => ({ ...context, key: `${context.abstractSyntaxUID} ${context.transferSyntaxUIDs.join(' ')}` }));
    let batch = batches.at(-1);
    const missing = (): typeof contexts => contexts.filter(({ key }) => batch?.keys.has(key) !== true);
    if (batch === undefined || batch.contexts.length + missing().length > maxContexts) {
      batch = { instances: [], contexts: [], keys: new Set() };
      batches.push(batch);
    }
    for (const { key, ...context } of missing()) {
      batch.keys.add(key);
      batch.contexts.push({ id: 2 * batch.contexts.length + 1, ...context });
    }
    batch.instances.push(instance);
  }
  return batches;
}

/** The accepted context that fits best: as preferred, as the instance is, then explicit, then implicit VR little endian. */
export function contextFor(accepted: ReadonlyMap<number, AcceptedContext>, instance: Sendable, prefer?: string): AcceptedContext | undefined {
  const ofClass = [...accepted.values()].filter((context) => context.abstractSyntaxUID === instance.sopClassUID);
  for (const transferSyntaxUID of [...(prefer === undefined ? [] : [prefer]), instance.transferSyntaxUID, ...plain]) {
    const found = ofClass.find((context) => context.transferSyntaxUID === transferSyntaxUID);
    if (found !== undefined) return found;
  }
  return undefined;
}
