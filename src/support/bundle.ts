/**
 * What somebody far away needs to know to help, without anything that names a patient, a person or a place. It is made
 * when things are broken: a part that cannot be read is named with its error, and the others are there.
 */
import { readdir } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { verifyTrail } from '../audit/verify.ts';
import { sha256OfFile } from '../backup/files.ts';
import { printableConfig, type Config } from '../config.ts';
import { toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import { listModels } from '../inference/installed-models.ts';
import type { JobQueue } from '../queue/port.ts';
import { askService } from './ask-service.ts';
import { databaseFiles, diskFigures } from './data-folder.ts';
import { lastErrors } from './last-errors.ts';
import { createPseudonym, type Pseudonym } from './pseudonyms.ts';
import { scrub } from './scrub.ts';
import { scrubLogFile } from './scrub-log.ts';
import { scrubMetrics } from './scrub-metrics.ts';

export interface BundleOptions {
  readonly config: Config;
  readonly version: string;
  readonly openIndex: () => Promise<StudyIndex>;
  readonly openQueue: () => Promise<JobQueue>;
  /** Address of the running service. */
  readonly server: string;
  readonly token?: string;
  readonly logFile?: string;
  /** AE titles stay readable: for trouble between two systems. */
  readonly withAETitles: boolean;
}

const logLines = 5000;
const deadJobsRead = 200;
const partTimeoutMs = 60_000;
const keptSettings: ReadonlySet<string> = new Set([
  'kind', 'provider', 'language', 'model', 'logLevel', 'roles', 'exceptRoles', 'by', 'transferSyntax',
]);
const titleKeys = ['aeTitle', 'callingAETitle', 'calledAETitle'] as const;

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), partTimeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** As text: JSON unless it is text already. An error is told by its code: its message may hold a path. */
async function part(work: () => Promise<unknown>): Promise<string> {
  let value: unknown;
  try {
    value = await inTime(work());
  } catch (error) {
    value = { error: toAppError(error).code };
  }
  return typeof value === 'string' ? value : `${JSON.stringify(value, undefined, 2)}\n`;
}

async function using<S extends { close(): Promise<void> }, T>(opened: Promise<S>, work: (store: S) => Promise<T>): Promise<T> {
  const store = await opened;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function readHealth(server: string, token: string | undefined): Promise<unknown> {
  const [health, ready] = await Promise.all([askService(server, '/healthz', token), askService(server, '/readyz', token)]);
  const told = (answer: typeof health): unknown => {
    if (answer === undefined) return 'no answer';
    return { status: answer.status, ...(answer.status === 200 || answer.status === 503 ? { answer: scrub(JSON.parse(answer.body), { keep: new Set(['status', 'index', 'archive', 'disk', 'queue']), pseudonym: () => '~' }) } : {}) };
  };
  return { health: told(health), ready: told(ready) };
}

async function indexCounts(index: StudyIndex, pseudonym: Pseudonym): Promise<unknown> {
  const [{ states, reviews, toRead, deliveries, toResult, senders }, destinations] = await Promise.all([index.dashboard(), index.deliverySummaries()]);
  return {
    states, reviews, toRead, deliveries, toResult,
    senders: { known: senders.length, overdue: senders.filter(({ isOverdue }) => isOverdue).length },
    destinations: destinations.map(({ destination, counts, unconfirmed, oldestWaitingAt, lastSentAt, lastErrorCode }) => (
      { destination: pseudonym(destination), counts, unconfirmed, oldestWaitingAt, lastSentAt, lastErrorCode })),
  };
}

async function readErrors({ openIndex, openQueue }: BundleOptions, pseudonym: Pseudonym): Promise<unknown> {
  const dead = await using(openQueue(), (queue) => queue.list({ states: ['dead'], limit: deadJobsRead }));
  return using(openIndex(), async (index) => lastErrors(await index.dashboard(), dead, pseudonym));
}

async function readModels(modelsDir: string, pseudonym: Pseudonym): Promise<unknown> {
  return Promise.all((await listModels(modelsDir)).map(async (listing) => {
    // What is no manifest may have been named by anybody.
    if ('error' in listing) return { place: pseudonym(listing.place), error: listing.error.code };
    const { manifest: { id, version, task }, folder } = listing;
    const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name).sort();
    const files = await Promise.all(names.map(async (name) => [/^(?:model\.(?:json|onnx)|README\.md)$/u.test(name) ? name : pseudonym(name), await sha256OfFile(join(folder, name))]));
    return { id, version, task, sha256: Object.fromEntries(files) as unknown };
  }));
}

function readSettings({ config, withAETitles }: BundleOptions, pseudonym: Pseudonym): unknown {
  const keep = withAETitles ? new Set([...keptSettings, ...titleKeys]) : keptSettings;
  return scrub(printableConfig(config), { keep, pseudonym });
}

/** The members of the bundle by name. */
export async function gatherBundle(options: BundleOptions): Promise<Readonly<Record<string, string>>> {
  const { config, version, server, token, logFile } = options;
  const pseudonym = createPseudonym();
  const members: Readonly<Record<string, () => Promise<unknown>>> = {
    'versions.json': async () => ({
      format: 1, madeAt: new Date().toISOString(), phoi: version, node: process.version, libraries: process.versions, platform: process.platform, arch: process.arch,
      processors: cpus().length, memoryBytes: totalmem(),
    }),
    'settings.json': async () => readSettings(options, pseudonym),
    'health.json': () => readHealth(server, token),
    'metrics.txt': async () => {
      const answer = await askService(server, '/metrics', token);
      return answer?.status === 200 ? scrubMetrics(answer.body, pseudonym) : `no answer (${answer?.status ?? 'nobody listens'})\n`;
    },
    'counts.json': () => using(options.openIndex(), (index) => indexCounts(index, pseudonym)),
    'jobs.json': () => using(options.openQueue(), (queue) => queue.counts()),
    'errors.json': () => readErrors(options, pseudonym),
    'disk.json': () => diskFigures(config.dataDir),
    'databases.json': () => databaseFiles(config.dataDir),
    'models.json': () => readModels(config.modelsDir, pseudonym),
    'audit.json': () => verifyTrail(join(config.dataDir, 'audit')),
    ...(logFile !== undefined && {
      'log.jsonl': async () => {
        const { lines, left } = await scrubLogFile(logFile, pseudonym, logLines);
        return [...lines, JSON.stringify({ linesOfOthersLeftOut: left }), ''].join('\n');
      },
    }),
  };
  const gathered: Record<string, string> = {};
  for (const [name, work] of Object.entries(members)) gathered[name] = await part(work);
  return gathered;
}
