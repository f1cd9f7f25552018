/**
 * `npm run bench -- load [OPTIONS]`: several senders push many studies at once, first into each receiver for its own
 * sake, then into Phoi while it analyses. Every sender is a process with our own SCU; all receivers get the same stream.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { runOk } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import type { SenderReport, SenderTask } from './load/send.ts';
import type { StreamStudy } from './load/stream.ts';
import { watchProcess, type ProcessUse } from './load/watch-process.ts';
import { receiverNames, receivers, type Receiver, type ReceiverName } from './receivers.ts';
import { printTable, quantile } from './table.ts';

/** Slices of a study that is analysed: a whole thorax at 1 mm. */
const wholeThorax = 300;
const analysisDeadlineMs = 3_600_000;

interface LoadOptions {
  readonly senders: number;
  readonly studies: number;
  readonly slices: number;
  readonly columns: number;
  /** Whole thoraces among the stream of the second part; 0 leaves that part out. */
  readonly analysed: number;
  readonly workers: number;
  readonly receivers: readonly ReceiverName[];
}

function parseOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args], options: {
      senders: { type: 'string', default: '4' }, studies: { type: 'string', default: '200' }, slices: { type: 'string', default: '30' },
      columns: { type: 'string', default: '512' }, analysed: { type: 'string', default: '4' }, workers: { type: 'string', default: '1' },
      receivers: { type: 'string', default: receiverNames.join() },
    },
  });
  const whole = (name: 'senders' | 'studies' | 'slices' | 'columns' | 'analysed' | 'workers', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least) throw new Error(`--${name} is a whole number from ${least}`);
    return value;
  };
  const named = values.receivers.split(',').map((given) => {
    const found = receiverNames.find((name) => name === given);
    if (found === undefined) throw new Error(`--receivers are among ${receiverNames.join(', ')}`);
    return found;
  });
  return {
    senders: whole('senders', 1), studies: whole('studies', 1), slices: whole('slices', 2), columns: whole('columns', 16),
    analysed: whole('analysed', 0), workers: whole('workers', 1), receivers: named,
  };
}

interface Pushed {
  /** From the first byte of the first sender to the last answer of the last. */
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  readonly sentAtMs: ReadonlyMap<string, number>;
  readonly use: ProcessUse;
}

/** Study `n` goes to sender `n` modulo their number; resolves when everything is acknowledged. */
async function push(studies: readonly StreamStudy[], senders: number, receiver: Pick<Receiver, 'port' | 'aeTitle' | 'pid'>): Promise<Pushed> {
  const { value: reports, use } = await watchProcess(receiver.pid, () => Promise.all(Array.from({ length: Math.min(senders, studies.length) }, async (_, sender) => {
    const task: SenderTask = {
      port: receiver.port, calledAETitle: receiver.aeTitle, callingAETitle: `CT${sender + 1}`, studies: studies.filter((_study, n) => n % senders === sender),
    };
    return JSON.parse(await runOk(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'load/send.ts'), JSON.stringify(task)])) as SenderReport;
  })));
  const sentAtMs = new Map(reports.flatMap(({ sent }) => sent));
  return {
    seconds: (Math.max(...sentAtMs.values()) - Math.min(...reports.map(({ startedAtMs }) => startedAtMs))) / 1000,
    latenciesMs: reports.flatMap(({ latenciesMs }) => latenciesMs), sentAtMs, use,
  };
}

async function folderBytes(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function makeTemplate(out: string, slices: number, columns: number): Promise<string> {
  await writePhantom({ out, seed: 5, slices, sliceSpacingMm: 1, columns });
  await rm(join(out, 'truth.json'));
  return out;
}

const fixed = (digits: number) => (value: number): string => value.toFixed(digits);
const milliseconds = (values: readonly number[]): string[] => [0.5, 0.95, 0.99].map((q) => quantile(values, q).toFixed(1));
const cpuCell = ({ latenciesMs, use }: Pushed): string => (use.cpuSeconds * 1000 / latenciesMs.length).toFixed(1);
const memoryCells = ({ quartersMiB, peakMiB }: ProcessUse): string[] => [quartersMiB.map(fixed(0)).join(', '), peakMiB.toFixed(0)];

/** Seconds from the last acknowledgement of a study to its result, for the studies in this state. */
async function secondsToResult(service: TestService, sentAtMs: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, readonly number[]>> {
  const taken = new Map<string, number[]>();
  for (const [uid, atMs] of sentAtMs) {
    const { state, analysis } = await service.reaches(uid, ['analysed', 'not-analysed'], analysisDeadlineMs);
    taken.set(state, [...taken.get(state) ?? [], (Date.parse(analysis!.createdAt) - atMs) / 1000]);
  }
  return taken;
}

async function benchAnalysing(stream: readonly StreamStudy[], thorax: string, { analysed, workers, senders }: LoadOptions): Promise<void> {
  const every = Math.max(1, Math.floor(stream.length / analysed));
  const thoraces = Array.from({ length: analysed }, (_, n) => ({ name: `thorax ${n}`, template: thorax }));
  const mixed = stream.flatMap((study, n) => (n % every === 0 && n / every < analysed ? [thoraces[n / every]!, study] : [study]));
  const service = await startTestService({ quietSeconds: 30, env: { PHOI_WORKERS: String(workers) } });
  try {
    const pushed = await push(mixed, senders, { port: service.dicomPort, aeTitle: 'PHOI', pid: service.pid });
    console.log(`\nPhoi with ${workers} worker${workers === 1 ? '' : 's'} (${mixed.length} studies, ${analysed} of them whole thoraces of ${wholeThorax} slices, the others too short to be analysed; quiet time 30 s)`);
    printTable(['images/s while it analyses', 'C-STORE p50 ms', 'p95 ms', 'p99 ms', 'server\'s CPU ms an image', 'server MiB by quarters', 'peak MiB'], [[
      (pushed.latenciesMs.length / pushed.seconds).toFixed(0), ...milliseconds(pushed.latenciesMs), cpuCell(pushed), ...memoryCells(pushed.use),
    ]]);
    const taken = await secondsToResult(service, pushed.sentAtMs);
    console.log('\nSeconds from the last image to the result');
    printTable(['studies', 'number', 'p50', 'p95', 'longest'], [...taken].map(([state, values]) => [state, String(values.length), ...[0.5, 0.95, 1].map((q) => quantile(values, q).toFixed(1))]));
  } finally {
    await service.stop();
  }
}

export async function benchLoad(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  const folder = await mkdtemp(join(tmpdir(), 'phoi-load-'));
  try {
    const template = await makeTemplate(join(folder, 'template'), options.slices, options.columns);
    const megabytes = await folderBytes(template) * options.studies / 1e6;
    const stream = Array.from({ length: options.studies }, (_, n) => ({ name: String(n), template }));
    console.log(`${options.studies} studies of ${options.slices} CT images of ${options.columns}×${options.columns}, ${megabytes.toFixed(0)} MB, ${options.senders} senders at once; no analysis`);
    const rows: string[][] = [];
    for (const name of options.receivers) {
      const receiver = await receivers[name].start();
      try {
        const pushed = await push(stream, options.senders, receiver);
        const { seconds, latenciesMs } = pushed;
        rows.push([receivers[name].label, seconds.toFixed(1), (latenciesMs.length / seconds).toFixed(0), (megabytes / seconds).toFixed(0), ...milliseconds(latenciesMs), cpuCell(pushed), ...(receiver.forks ? ['', ''] : memoryCells(pushed.use))]);
      } finally {
        await receiver.stop();
      }
    }
    printTable(['receiver', 'seconds', 'images/s', 'MB/s', 'C-STORE p50 ms', 'p95 ms', 'p99 ms', 'CPU ms an image', 'resident MiB by quarters', 'peak MiB'], rows);
    if (options.analysed > 0) await benchAnalysing(stream, await makeTemplate(join(folder, 'thorax'), wholeThorax, 512), options);
    console.log(`\n${cpus().length} cores shared by senders and receiver; load average ${loadavg().map(fixed(1)).join(' ')}.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
