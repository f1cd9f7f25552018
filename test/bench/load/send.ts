/** The program of one sender: its studies one after another, one association each, as a modality sends. Told as JSON, tells as JSON. */
import { sendInstances } from '../../../src/dimse/send-instances.ts';
import { instancesOf, studyUIDOf, type StreamStudy } from './stream.ts';

export interface SenderTask {
  readonly port: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly studies: readonly StreamStudy[];
}

export interface SenderReport {
  /** First byte of the first image, ms since 1970. */
  readonly startedAtMs: number;
  /** Of each C-STORE, from its first byte to the answer. */
  readonly latenciesMs: readonly number[];
  /** Study Instance UID and when its last instance was acknowledged, ms since 1970. */
  readonly sent: readonly (readonly [studyInstanceUID: string, atMs: number])[];
}

const { port, calledAETitle, callingAETitle, studies } = JSON.parse(process.argv[2]!) as SenderTask;
const latenciesMs: number[] = [];
let startedAtMs: number | undefined;
const sent: (readonly [string, number])[] = [];
for (const study of studies) {
  let readyAtMs = 0;
  await sendInstances({
    host: '127.0.0.1', port, calledAETitle, callingAETitle, instances: await instancesOf(study, () => {
      readyAtMs = performance.now();
      startedAtMs ??= Date.now();
    }),
    onStatus({ state, error }) {
      // A load in which something is refused is not the load that is reported.
      if (state === 'failed') throw new Error('an instance was refused', { cause: error });
      latenciesMs.push(performance.now() - readyAtMs);
    },
  });
  sent.push([studyUIDOf(study), Date.now()]);
}
console.log(JSON.stringify({ startedAtMs: startedAtMs!, latenciesMs, sent } satisfies SenderReport));
