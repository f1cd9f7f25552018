/** A modality that does not give up: it sends a study, by C-STORE or STOW-RS, until every instance was acknowledged. */
import { setTimeout as pause } from 'node:timers/promises';
import { createContentDigest } from '../../src/study/content-digest.ts';
import { sendInstances, type OutgoingInstance } from '../../src/dimse/send-instances.ts';
import { explicitVRLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import type { BoxSeries } from '../viewer/helpers/box-series.ts';

export interface Ledger {
  /** Acknowledged SOP Instance UID → digest of the content that was sent. */
  readonly acknowledged: Map<string, string>;
  /** Study → SOP Instance UIDs. */
  readonly studies: Map<string, readonly string[]>;
  /** Attempts that failed in part or whole. */
  failures: number;
}

export function contentDigest(part10: Uint8Array): string {
  const digest = createContentDigest();
  digest.update(part10);
  return digest.finish()!.sha256;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';

async function byDimse(series: BoxSeries, pending: ReadonlySet<string>, port: number): Promise<readonly string[]> {
  const instances: OutgoingInstance[] = series.instances.filter(({ sopInstanceUID }) => pending.has(sopInstanceUID)).map(({ sopInstanceUID, part10 }) => ({
    sopInstanceUID, sopClassUID: ctImageStorage, transferSyntaxUID: explicitVRLittleEndian, open: () => Promise.resolve(once(part10)),
  }));
  const outcomes = await sendInstances({ host: '127.0.0.1', port, calledAETitle: 'PHOI', callingAETitle: 'CT1', instances, timers: { responseMs: 20_000 } });
  return outcomes.flatMap(({ state, instance }) => (state === 'sent' ? [instance.sopInstanceUID] : []));
}

async function byStow(series: BoxSeries, pending: ReadonlySet<string>, port: number): Promise<readonly string[]> {
  const boundary = 'phoi-faults';
  const parts = series.instances.filter(({ sopInstanceUID }) => pending.has(sopInstanceUID))
    .flatMap(({ part10 }) => [Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), Buffer.from(part10), Buffer.from('\r\n')]);
  const response = await fetch(`http://127.0.0.1:${port}/dicom-web/studies`, {
    method: 'POST', headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: 'application/dicom+json' },
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]), signal: AbortSignal.timeout(20_000),
  });
  const answer = await response.json() as { '00081199'?: { Value?: { '00081155': { Value: [string] } }[] } };
  return (answer['00081199']?.Value ?? []).map((item) => item['00081155'].Value[0]);
}

/** Resolves when all was acknowledged. `ports` are asked anew for each attempt. */
export async function sendUntilAcknowledged(
  series: BoxSeries, way: 'dimse' | 'stow', ports: { readonly dimse: () => number; readonly http: () => number }, ledger: Ledger, signal: AbortSignal,
): Promise<void> {
  const pending = new Set(series.instances.map(({ sopInstanceUID }) => sopInstanceUID));
  const content = new Map(series.instances.map(({ sopInstanceUID, part10 }) => [sopInstanceUID, contentDigest(part10)]));
  ledger.studies.set(series.studyInstanceUID, [...pending]);
  while (pending.size > 0 && !signal.aborted) {
    let acknowledged: readonly string[] = [];
    try {
      acknowledged = way === 'dimse' ? await byDimse(series, pending, ports.dimse()) : await byStow(series, pending, ports.http());
    } catch (error) {
      // Refused, cut, timed out: the modality tries again, that is the test.
      if (!(error instanceof Error)) throw error;
    }
    for (const uid of acknowledged) {
      pending.delete(uid);
      ledger.acknowledged.set(uid, content.get(uid)!);
    }
    if (pending.size > 0) {
      ledger.failures += 1;
      await pause(200);
    }
  }
}
