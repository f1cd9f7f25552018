/** The real service as its own processes, on free ports and a data folder of its own. It can be killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/settings.ts';
import type { StudyDetail, StudyState, WorklistItem } from '../../src/study/types.ts';
import { until } from './until.ts';

export interface TestServiceOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What goes into phoi.config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly quietSeconds?: number;
  /** Where the data folder is made; the system's folder for temporary files by default. */
  readonly parentDir?: string;
  /** Arguments of the server, e.g. `--demo`. */
  readonly args?: readonly string[];
  /** How long a start may take; that of `until` by default. */
  readonly startDeadlineMs?: number;
}

export interface LogLine {
  readonly msg: string;
  readonly level: number;
  readonly [field: string]: unknown;
}

export interface TestService {
  readonly httpUrl: string;
  readonly dicomPort: number;
  readonly dataDir: string;
  readonly pid: number;
  /** Every log line since the first start, of the server and its workers. */
  readonly log: readonly LogLine[];
  api<T>(path: string, init?: RequestInit): Promise<T>;
  worklist(): Promise<readonly WorklistItem[]>;
  study(studyInstanceUID: string): Promise<StudyDetail>;
  /** Waits until the study is in one of these states. */
  reaches(studyInstanceUID: string, states: readonly StudyState[], deadlineMs?: number): Promise<StudyDetail>;
  /** kill -9 of the server; its workers notice and end. */
  kill(): Promise<void>;
  /** The process ids of the workers. */
  workerPids(): readonly number[];
  /** `env` holds for this start only. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const dataDir = await mkdtemp(join(options.parentDir ?? tmpdir(), 'phoi-e2e-'));
  const configPath = join(dataDir, 'phoi.config.json');
  await writeFile(configPath, JSON.stringify(options.config ?? {}));
  const log: LogLine[] = [];
  let child: ChildProcess | undefined;
  /** How the process ended that was not told to. */
  let ended: string | undefined;
  let ports = { http: '0', dicom: '0' };
  let httpUrl = '';
  let dicomPort = 0;

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const startedFrom = log.length;
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/server.ts'), ...options.args ?? []], {
      cwd: dataDir,
      env: {
        ...process.env, PHOI_CONFIG: configPath, PHOI_DATA_DIR: dataDir, PHOI_HTTP_PORT: ports.http, PHOI_DICOM_PORT: ports.dicom,
        PHOI_SERIES_QUIET_SECONDS: String(options.quietSeconds ?? 1), ...options.env, ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    ended = undefined;
    let stderr = '';
    started.stderr.on('data', (chunk: Buffer) => { stderr = (stderr + chunk.toString()).slice(-4000); });
    started.on('close', (code, signal) => { ended = `the service ended (${code ?? signal}): ${stderr} ${JSON.stringify(log.findLast(({ level }) => level >= 50))}`; });
    createInterface({ input: started.stdout }).on('line', (line) => {
      if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
    });
    const ready = await until('the start of the service', () => {
      if (started.exitCode !== null) throw new Error(`the service ended: ${stderr}`);
      return log.slice(startedFrom).find(({ msg }) => msg === 'Ready');
    }, options.startDeadlineMs);
    httpUrl = String(ready['httpUrl']);
    dicomPort = Number(ready['dicomPort']);
    ports = { http: new URL(httpUrl).port, dicom: String(dicomPort) };
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  async function api<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(new URL(path, httpUrl), init).catch((error: unknown) => { throw ended === undefined ? error : new Error(ended, { cause: error }); });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<T>;
  }
  const study = (uid: string): Promise<StudyDetail> => api(`/api/v1/studies/${uid}`);

  await start();
  return {
    get httpUrl() { return httpUrl; },
    get dicomPort() { return dicomPort; },
    get pid() { return child!.pid!; },
    dataDir, log, api, study,
    async worklist() {
      return (await api<{ items: readonly WorklistItem[] }>('/api/v1/worklist?limit=500')).items;
    },
    reaches: (uid, states, deadlineMs = 300_000) => until(`study ${uid} in ${states.join('|')}`, async () => {
      const found = await study(uid);
      if (states.includes(found.state)) return found;
      throw new Error(`it is ${found.state}: ${JSON.stringify(found.reasons)}`);
    }, deadlineMs),
    kill: () => end('SIGKILL'),
    workerPids: () => [...new Set(log.flatMap((line) => (line['name'] === 'phoi-worker' ? [Number(line['pid'])] : [])))],
    start,
    async stop() {
      await end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
