/** The support bundle of a real service that holds a marked patient: it tells what is wrong, and nobody's name. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import { projectRoot } from '../../src/settings.ts';
import { run } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { makeBoxSeries } from '../viewer/helpers/box-series.ts';

const series = makeBoxSeries({ name: 'bundle', patientName: 'Trần^Zuzanna Xuyến', patientID: 'ZQ-770031', patientBirthDate: '19430817', description: 'Szczególny opis' });
const marks = [
  'Trần', 'Zuzanna', 'Xuyến', 'ZQ-770031', '770031', '19430817', 'Szczególny', series.studyInstanceUID, series.seriesInstanceUID,
  ...series.instances.map(({ sopInstanceUID }) => sopInstanceUID), 'ZZ_PACS_HANOI', 'ZZPACS', 'pacs-nowhere.invalid', 'ZZPHOI', 'ZZSCANNER', '192.0.2.77', 'zz-bearer-secret',
];

let service: TestService;
let work = '';

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'phoi-bundle-'));
  service = await startTestService({
    env: { PHOI_WORKERS: '1' },
    config: {
      dicom: { aeTitle: 'ZZPHOI', peers: [{ aeTitle: 'ZZSCANNER', address: '192.0.2.77' }] },
      destinations: [
        { name: 'ZZ_PACS_HANOI', kind: 'dimse', host: 'pacs-nowhere.invalid', port: 104, aeTitle: 'ZZPACS' },
        { name: 'stow', kind: 'stow', url: 'http://pacs-nowhere.invalid/stow', headers: { authorization: 'Bearer zz-bearer-secret' } },
      ],
    },
  });
  for (const { part10 } of series.instances) {
    await fetch(`${service.httpUrl}dicom-web/studies`, { method: 'POST', headers: { 'content-type': 'application/dicom' }, body: Buffer.from(part10) });
  }
  await service.api(`/api/v1/studies/${series.studyInstanceUID}/complete`, { method: 'POST' });
  await service.reaches(series.studyInstanceUID, ['analysed', 'not-analysed']);
}, 120_000);
afterAll(async () => {
  await service.stop();
  await rm(work, { recursive: true, force: true });
});

async function membersOf(path: string): Promise<Readonly<Record<string, string>>> {
  const zip = await openPromise(path);
  const members: Record<string, string> = {};
  for await (const entry of zip.eachEntry()) members[entry.fileName] = await text(await zip.openReadStreamPromise(entry));
  return members;
}

async function bundle(name: string, ...more: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const out = join(work, name);
  const { code, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'support-bundle', '--out', out, ...more], {
    env: { ...process.env, PHOI_DATA_DIR: service.dataDir, PHOI_CONFIG: join(service.dataDir, 'phoi.config.json') },
  });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return membersOf(out);
}

/** As the service wrote it, and lines that no Phoi should ever write. */
async function logFile(): Promise<string> {
  const path = join(work, 'phoi.log');
  const stray = [
    { level: 50, time: '2026-01-01T00:00:00.000Z', name: 'phoi', hostname: hostname(), msg: 'Failed for Trần^Zuzanna Xuyến', who: 'Trần^Zuzanna Xuyến', 'Trần Xuyến': 1, code: 'ZQ-770031 failed' },
    { level: 50, time: '2026-01-01T00:00:01.000Z', name: 'phoi', err: { type: 'AppError', code: 'ARCHIVE_CORRUPT', message: `ZQ-770031 in ${service.dataDir}`, stack: `AppError: ZQ-770031\n    at read (file://${projectRoot}/src/archive/file-archive.ts:12:3)\n    at ZQ-770031 (/home/Zuzanna/x.ts:1:1)` }, msg: 'A step of the analysis failed' },
  ];
  await writeFile(path, [...service.log, ...stray].map((line) => JSON.stringify(line)).concat('Trần^Zuzanna printed this', '{"name":"other","msg":"ZQ-770031"}', '').join('\n'));
  return path;
}

describe('phoi support-bundle', () => {
  it('tells versions, health, counts, errors, models and the verdict on the audit trail, and not one identifying string', async () => {
    const members = await bundle('one.zip', '--server', service.httpUrl, '--log', await logFile());
    for (const [name, content] of Object.entries(members)) {
      for (const mark of [...marks, service.dataDir, projectRoot, hostname()]) expect(content.includes(mark), `${mark} in ${name}`).toBe(false);
    }
    const read = (name: string): unknown => JSON.parse(members[name]!);
    expect(read('versions.json')).toMatchObject({ format: 1, node: process.version, phoi: expect.stringMatching(/^\d+\.\d+\.\d+$/u) as string });
    expect(read('health.json')).toMatchObject({ health: { status: 200, answer: { status: 'ok' } }, ready: { answer: { checks: { index: 'ok', queue: 'ok' } } } });
    expect(read('counts.json')).toMatchObject({ states: { 'not-analysed': 1 }, destinations: [{ destination: expect.stringMatching(/^~[0-9a-f]{12}$/u) as string }, {}] });
    expect(read('jobs.json')).toMatchObject({ dead: 0 });
    expect(read('errors.json')).toMatchObject([{ of: 'study', count: 1, studies: [expect.stringMatching(/^~/u) as string] }]);
    expect(read('databases.json')).toContainEqual(expect.objectContaining({ name: 'index.sqlite', schemaVersion: expect.any(Number) as number }));
    expect(read('audit.json')).toMatchObject({ entries: expect.any(Number) as number });
    expect(read('models.json')).toContainEqual(expect.objectContaining({ id: 'lung-nodule-detector', sha256: expect.objectContaining({ 'model.onnx': expect.stringMatching(/^[0-9a-f]{64}$/u) as string }) as object }));
    expect(members['metrics.txt']).toMatch(/phoi_studies\{state="not-analysed"\} 1/u);
    expect(members['metrics.txt']).toMatch(/phoi_deliveries\{destination="~[0-9a-f]{12}"/u);

    const log = members['log.jsonl']!.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(log.at(-1)).toEqual({ linesOfOthersLeftOut: 2 });
    expect(log).toContainEqual(expect.objectContaining({ msg: 'Study complete', studyInstanceUID: expect.stringMatching(/^~/u) as string }));
    expect(log.find(({ msg }) => msg === 'A step of the analysis failed')).toMatchObject({ err: { code: 'ARCHIVE_CORRUPT', frames: ['src/archive/file-archive.ts:12:3'] } });
    // One study is one pseudonym, in the log as in the list of errors.
    const [{ studies }] = read('errors.json') as [{ studies: readonly string[] }];
    expect(log.find(({ msg }) => msg === 'Study complete')!['studyInstanceUID']).toBe(studies[0]);
  }, 60_000);

  it('joins no two bundles, and shows AE titles only when asked', async () => {
    const [first, second] = [await bundle('two.zip'), await bundle('three.zip', '--ae-titles')];
    const destinationOf = (counts: string): string => (JSON.parse(counts) as { destinations: readonly [{ destination: string }] }).destinations[0].destination;
    expect(destinationOf(first['counts.json']!)).not.toBe(destinationOf(second['counts.json']!));
    expect(first['settings.json']).not.toContain('ZZPACS');
    expect(second['settings.json']).toContain('ZZPACS');
    expect(second['settings.json']).not.toContain('ZZ_PACS_HANOI');
    // Nobody listens at the address of the settings.
    expect(first['health.json']).toContain('no answer');
  }, 60_000);

  it('is made of what is there when the data folder is empty, and overwrites nothing', async () => {
    const empty = await mkdtemp(join(work, 'empty-'));
    const out = join(work, 'empty.zip');
    const again = () => run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'support-bundle', '--out', out, '--server', 'http://127.0.0.1:1'], { cwd: empty, env: { ...process.env, PHOI_DATA_DIR: empty } });
    expect((await again()).code).toBe(0);
    expect(JSON.parse((await membersOf(out))['counts.json']!)).toEqual({ error: 'ARCHIVE_NOT_FOUND' });
    const before = await readFile(out);
    expect((await again()).code).toBe(2);
    expect(await readFile(out)).toEqual(before);
  }, 60_000);
});
