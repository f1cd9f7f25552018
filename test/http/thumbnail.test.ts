import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import { boxDocument, makeBoxSeries } from '../viewer/helpers/box-series.ts';
import { measureStudy } from '../results/measured-study.ts';
import { startHttp, type TestHttp } from './support.ts';

vi.setConfig({ hookTimeout: 200_000 });

let http: TestHttp;
let findings: FindingsDocument;

beforeAll(async () => {
  http = await startHttp();
  const scene = describePhantom({ seed: 100_412, nodules: [11, 14].map((diameterMm) => ({ diameterMm, type: 'solid', location: diameterMm === 11 ? 'isolated' : 'juxtapleural', margin: 'smooth' })), distractors: false });
  const instances = phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 2.5 }, columns: 256, sliceSpacingMm: 2.5 });
  ({ findings } = await measureStudy(instances.map(({ part10 }) => part10), scene.nodules.map(({ truth }) => truth)));
  for (const { part10 } of instances) await http.store(part10);
  await http.index.addAnalysis(findings.studyInstanceUID, { jobId: 'job', findings, createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
});
afterAll(() => http.close());

const get = (query = '', headers: Record<string, string> = {}) => http.app.inject({ method: 'GET', url: `/api/v1/studies/${findings.studyInstanceUID}/thumbnail${query}`, headers });

/** Mean grey of a square in the middle and of the orange ring's pixels. */
async function look(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): readonly [number, number, number] => {
    const from = (y * info.width + x) * 3;
    return [data[from]!, data[from + 1]!, data[from + 2]!];
  };
  const orange: [number, number][] = [];
  for (let y = 0; y < info.height; y += 1) {
    for (let x = 0; x < info.width; x += 1) {
      const [r, , b] = at(x, y);
      if (r - b > 80) orange.push([x, y]);
    }
  }
  return { width: info.width, height: info.height, middle: at(info.width / 2, info.height / 2)[0], orange };
}

describe('the thumbnail of a finding', () => {
  it.each([1, 2])('%s shows it in the middle, within its outline', async (n) => {
    const answer = await get(`?finding=${n}`);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers['content-type']).toBe('image/png');
    if (process.env['PHOI_WRITE_THUMBNAILS'] !== undefined) await writeFile(`${process.env['PHOI_WRITE_THUMBNAILS']}/${n}.png`, answer.rawPayload);
    const { width, height, middle, orange } = await look(answer.rawPayload);
    expect([width, height]).toEqual([96, 96]);
    // A solid nodule is bright in the lung window.
    expect(middle).toBeGreaterThan(180);
    const xs = orange.map(([x]) => x);
    const ys = orange.map(([, y]) => y);
    expect((Math.min(...xs) + Math.max(...xs)) / 2).toBeCloseTo(48, -1);
    expect((Math.min(...ys) + Math.max(...ys)) / 2).toBeCloseTo(48, -1);
    const fieldMm = Math.max(36, 2.5 * findings.findings[n - 1]!.longAxisMm);
    const extentMm = (Math.max(...xs) - Math.min(...xs)) * fieldMm / 96;
    expect(Math.abs(extentMm - findings.findings[n - 1]!.diameterMm)).toBeLessThan(3);
  });

  it('is not sent again while it is the same', async () => {
    const { etag } = (await get()).headers;
    expect((await get('', { 'if-none-match': String(etag) })).statusCode).toBe(304);
    expect((await get('?finding=2')).headers.etag).not.toBe(etag);
    expect((await get('?finding=1')).headers.etag).toBe(etag);
  });

  it.each([['?finding=3', 404], ['?finding=0', 400], ['?finding=x', 400]] as const)('%s is %s', async (query, status) => {
    expect((await get(query)).statusCode).toBe(status);
  });

  it.each([
    ['classic', { name: 'thumb' }], ['enhanced', { name: 'thumb enhanced', enhanced: true }], ['a patient the other way round', { name: 'thumb turned', axes: [-1, -1] }],
  ] as const)('without an outline shows the place of the finding, and no ring: %s', async (_name, options) => {
    const series = makeBoxSeries(options);
    const document = boxDocument(series, options);
    for (const { part10 } of series.instances) await http.store(part10);
    await http.index.addAnalysis(series.studyInstanceUID, {
      jobId: options.name, createdAt: '2026-01-02T04:00:00.000Z', objects: [], findings: { ...document, findings: document.findings.map((finding) => ({ ...finding, outlines: [] })) },
    });
    const answer = await http.app.inject({ method: 'GET', url: `/api/v1/studies/${series.studyInstanceUID}/thumbnail` });
    expect(answer.statusCode, answer.body).toBe(200);
    const { middle, orange } = await look(answer.rawPayload);
    expect([middle, orange]).toEqual([255, []]);
    const { data } = await sharp(answer.rawPayload).greyscale().raw().toBuffer({ resolveWithObject: true });
    const bright = [...data].flatMap((value, at) => (value > 166 ? [[at % 96, Math.floor(at / 96)] as const] : []));
    // The box has 20 mm of a field of 50 mm, and its middle is the finding's point: to a pixel of the image, 2 mm.
    for (const axis of [0, 1] as const) {
      const [from, to] = [Math.min(...bright.map((at) => at[axis])), Math.max(...bright.map((at) => at[axis]))];
      expect(Math.abs((to - from + 1) * 50 / 96 - 20)).toBeLessThan(1);
      expect(Math.abs((from + to + 1) / 2 - 48) * 50 / 96).toBeLessThan(2);
    }
  });

  it('of a study without an analysis is not there', async () => {
    expect((await http.app.inject({ method: 'GET', url: '/api/v1/studies/2.25.404/thumbnail' })).json()).toMatchObject({ code: 'STUDY_NOT_FOUND' });
  });
});
