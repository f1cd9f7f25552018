/** Names and texts of every script from the modality to the archive and back: nothing is lost, altered or shown wrongly. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDelivery } from '../../src/delivery/delivery.ts';
import { element, text } from '../../src/dicom/access.ts';
import type { Dataset, PersonName } from '../../src/dicom/dataset.ts';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import { startDimseScp } from '../../src/dimse/scp.ts';
import { silentLog } from '../../src/log.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { plainResults } from '../../src/results/options.ts';
import { buildReviewObjects } from '../../src/results/review-objects.ts';
import { buildRejectionNote } from '../../src/results/supersede.ts';
import { startHttp, type TestHttp } from '../http/support.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { mixedReading } from '../results/review-sample.ts';
import { axial, createdAt, sampleInput, spheres } from '../results/sample.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

interface Row {
  readonly script: string;
  readonly charset: readonly string[];
  readonly name: string;
  readonly text: string;
}

const rows: readonly Row[] = [
  { script: 'Vietnamese', charset: ['ISO_IR 192'], name: 'Nguyễn^Thị Hồng Ánh', text: 'CT lồng ngực không tiêm thuốc cản quang' },
  { script: 'Vietnamese, decomposed', charset: ['ISO_IR 192'], name: 'Đặng^Văn Ưởng'.normalize('NFD'), text: 'Chụp cắt lớp vi tính phổi'.normalize('NFD') },
  { script: 'several scripts in UTF-8', charset: ['ISO_IR 192'], name: 'Le^Quy Don=黎^貴惇=レ^クイドン', text: 'ngực – грудь – 胸部 – صدر' },
  { script: 'Latin-1', charset: ['ISO_IR 100'], name: 'Buc^Jérôme', text: 'Thorax: Größe, évaluation' },
  { script: 'Latin-2', charset: ['ISO_IR 101'], name: 'Wałęsa^Łucja', text: 'Klatka piersiowa, badanie przeglądowe' },
  { script: 'Latin-3', charset: ['ISO_IR 109'], name: 'Ħafi^Ġorġ', text: 'Sider taż-żagħżugħ' },
  { script: 'Latin-4', charset: ['ISO_IR 110'], name: 'Bērziņš^Jānis', text: 'Krūškurvja izmeklēšana' },
  { script: 'Latin-5', charset: ['ISO_IR 148'], name: 'Çavuşoğlu^Gülşen', text: 'Toraks BT, düşük doz ığüş' },
  { script: 'Cyrillic', charset: ['ISO_IR 144'], name: 'Люксембург^Роза', text: 'КТ органов грудной клетки' },
  { script: 'Arabic', charset: ['ISO_IR 127'], name: 'قباني^لنزار', text: 'تصوير الصدر' },
  { script: 'Greek', charset: ['ISO_IR 126'], name: 'Διονυσίου^Άννα', text: 'Αξονική τομογραφία θώρακος' },
  { script: 'Hebrew', charset: ['ISO_IR 138'], name: 'שרון^דבורה', text: 'טומוגרפיה של החזה' },
  { script: 'Thai', charset: ['ISO_IR 166'], name: 'สมชาย^ใจดี', text: 'ซีทีทรวงอก' },
  { script: 'half-width katakana', charset: ['ISO_IR 13'], name: 'ﾔﾏﾀﾞ^ﾀﾛｳ', text: 'ｷｮｳﾌﾞ' },
  { script: 'Japanese by code extension', charset: ['', 'ISO 2022 IR 87'], name: 'Yamada^Tarou=山田^太郎=やまだ^たろう', text: '胸部単純CT' },
  { script: 'Japanese with katakana', charset: ['ISO 2022 IR 13', 'ISO 2022 IR 87'], name: 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう', text: '胸部CT' },
  { script: 'Korean', charset: ['', 'ISO 2022 IR 149'], name: 'Hong^Gildong=洪^吉洞=홍^길동', text: '흉부 CT' },
  // Escape sequences, which pydicom leaves out here, would be announced: some modalities leave them out as well.
  { script: 'Chinese by code extension, unannounced', charset: ['', 'ISO 2022 IR 58'], name: 'Zhang^XiaoDong=张^小东', text: '胸部平扫' },
  { script: 'Chinese in GB18030', charset: ['GB18030'], name: 'Wang^XiaoDong=王^小东', text: '胸部CT平扫及增强' },
  { script: 'Chinese in GBK', charset: ['GBK'], name: 'Wang^XiaoDong=王^小东', text: '低剂量胸部CT' },
  { script: 'two scripts by code extension', charset: ['ISO 2022 IR 100', 'ISO 2022 IR 144'], name: 'Müller^Jörg=Люксембург^Роза', text: 'Größe' },
];
/** Pictures and documents are large, and their words are tried elsewhere: of one script that is printed on them, and of some that are not. */
const pictured: ReadonlySet<string> = new Set(['Vietnamese', 'Arabic', 'Thai', 'Chinese in GBK']);
const studyOf = (row: Row): string => `1.2.826.0.1.99.${rows.indexOf(row) + 1}`;
const groupsOf = (name: string): PersonName => {
  const [Alphabetic, Ideographic, Phonetic] = name.split('=');
  return { ...(Alphabetic ? { Alphabetic } : {}), ...(Ideographic ? { Ideographic } : {}), ...(Phonetic ? { Phonetic } : {}) };
};

describe.runIf(hasPrograms('Orthanc', 'storescu', 'dcm2json') && hasDebianPython())('character sets', () => {
  let folder: string;
  let ours: TestHttp;
  let orthanc: Orthanc;
  const results = new Map<string, readonly string[]>();
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-charsets-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const files = rows.map((row, index) => ({
      ...row, path: join(folder, `${index}.dcm`), studyInstanceUID: studyOf(row), sopInstanceUID: `${studyOf(row)}.1.1`, patientID: `P${index}`,
    }));
    const python = spawn('/usr/bin/python3', [join(import.meta.dirname, 'write_charsets.py')], { stdio: ['pipe', 'ignore', 'inherit'] });
    python.stdin.end(JSON.stringify(files));
    expect(await once(python, 'close')).toEqual([0, null]);
    ours = await startHttp();
    closers.unshift(() => ours.close());
    const scp = await startDimseScp({ host: '127.0.0.1', port: 0, aeTitle: 'PHOI', study: ours.study, log: silentLog() });
    closers.unshift(() => scp.close());
    await runOk('storescu', ['-aec', 'PHOI', '127.0.0.1', String(scp.port), ...files.map(({ path }) => path)]);
    orthanc = await startOrthanc();
    closers.unshift(() => orthanc.stop());
    for (const row of rows) {
      const studyInstanceUID = studyOf(row);
      const [record] = await ours.index.instances({ studyInstanceUID });
      const input = sampleInput(axial, spheres, { document: { studyInstanceUID, seriesInstanceUID: `${studyInstanceUID}.1` } });
      const sourceHeaders = { ...input.sourceHeaders, header: record!.header };
      const isPictured = pictured.has(row.script);
      const made = await buildResultObjects({ ...input, sourceHeaders, options: { ...plainResults, secondaryCapture: isPictured, pdf: isPictured } });
      const signed = (await buildReviewObjects({ ...mixedReading(), studyInstanceUID, sourceHeaders, predecessors: [] })).find(({ role }) => role === 'sr')!;
      const rejected = [{ studyInstanceUID, seriesInstanceUID: '2.25.610', sopInstanceUID: '2.25.611', sopClassUID: signed.sopClassUID }];
      const note = buildRejectionNote({ report: made[1]!.part10, rejected, fromVersion: 1, toVersion: 2, softwareVersion: '0.1.0', createdAt });
      const objects = [...made, signed, note];
      results.set(row.script, objects.map(({ sopInstanceUID }) => sopInstanceUID));
      for (const { part10, sopInstanceUID } of objects) {
        await ours.store(part10);
        await ours.index.addDelivery({ id: sopInstanceUID, studyInstanceUID, sopInstanceUID, destination: 'pacs' });
      }
      await ours.index.addDelivery({ id: `ct-${studyInstanceUID}`, studyInstanceUID, sopInstanceUID: record!.sopInstanceUID, destination: 'pacs' });
    }
    const delivery = startDelivery({
      destinations: [{ name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC' }],
      index: ours.index, archive: ours.archive, aeTitle: 'PHOI', log: silentLog(),
    });
    closers.unshift(() => delivery.close());
    await until('the delivery', async () => (await Promise.all(rows.map((row) => ours.index.deliveries(studyOf(row))))).flat().every(({ state }) => state === 'sent'), 100_000);
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  const table = rows.map((row): [string, Row] => [`${row.script} (${row.charset.join('\\')})`, row]);

  it.each(table)('%s in worklist and search', async (_name, row) => {
    const item = await ours.index.worklistItem(studyOf(row));
    expect(item).toMatchObject({ patientName: row.name, studyDescription: row.text });
    const client = dicomwebClient({ baseUrl: `${ours.url}/dicom-web` });
    const [study] = await client.search('studies', { StudyInstanceUID: studyOf(row), includefield: 'StudyDescription' });
    expect(element(study!, 'PatientName')?.Value).toEqual([groupsOf(row.name)]);
    expect(text(study!, 'StudyDescription')).toBe(row.text);
    // By the beginning of the family name, as a reader would type it.
    const typed = row.name.split('^')[0]!.toLowerCase();
    expect((await client.search('studies', { PatientName: `${typed.slice(0, -1)}*`, fuzzymatching: 'true' })).map((found) => text(found, 'StudyInstanceUID'))).toContain(studyOf(row));
    expect((await ours.index.worklist({ search: typed, limit: 50, offset: 0 })).items.map(({ studyInstanceUID }) => studyInstanceUID)).toContain(studyOf(row));
    const metadata = await client.metadata({ studyInstanceUID: studyOf(row) });
    expect(metadata).toHaveLength(1 + results.get(row.script)!.length);
    for (const dataset of metadata) sameText(dataset, row);
  });

  it.each(table)('%s at the archive, in the image and in every result', async (_name, row) => {
    const metadata = await dicomwebClient({ baseUrl: orthanc.dicomWebUrl }).metadata({ studyInstanceUID: studyOf(row) });
    expect(metadata.map((dataset) => text(dataset, 'SOPInstanceUID')).sort()).toEqual([`${studyOf(row)}.1.1`, ...results.get(row.script)!].sort());
    for (const dataset of metadata) {
      if (text(dataset, 'Modality') !== 'CT') sameText(dataset, row);
    }
  });

  it('every result as pydicom and DCMTK read it from the archive', async () => {
    const paths = new Map<string, Row>();
    for (const id of await orthanc.get<readonly string[]>('/instances')) {
      const { SOPInstanceUID: uid } = (await orthanc.get<{ MainDicomTags: { SOPInstanceUID: string } }>(`/instances/${id}`)).MainDicomTags;
      const row = rows.find(({ script }) => results.get(script)!.includes(uid));
      if (row === undefined) continue;
      const path = join(folder, `${uid}.result.dcm`);
      await writeFile(path, await orthanc.file(id));
      paths.set(uid, row);
    }
    // Segmentation, report, presentation state, key objects, signed report and rejection note; a page and a document.
    expect(paths.size).toBe(rows.length * 6 + pictured.size * 2);
    const files = [...paths.keys()].map((uid) => join(folder, `${uid}.result.dcm`));
    const read = JSON.parse(await runOk('/usr/bin/python3', [join(import.meta.dirname, 'read_charsets.py'), ...files])) as Record<string, readonly string[]>;
    for (const [uid, row] of paths) expect(read[uid], row.script).toEqual([row.name, row.text, row.name]);
    // One of each script is enough for the second reader.
    for (const row of rows) {
      const dataset = JSON.parse(await runOk('dcm2json', [join(folder, `${results.get(row.script)![1]!}.result.dcm`)])) as Dataset;
      sameText(dataset, row);
    }
  });
});

function sameText(dataset: Dataset, row: Row): void {
  const what = `${row.script}, ${text(dataset, 'Modality')}`;
  expect(element(dataset, 'PatientName')?.Value, what).toEqual([groupsOf(row.name)]);
  expect(element(dataset, 'ReferringPhysicianName')?.Value, what).toEqual([groupsOf(row.name)]);
  expect(text(dataset, 'StudyDescription'), what).toBe(row.text);
}
