import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { findingsSchemaVersion } from '../../src/findings/types.ts';
import { reportSchema, type Report, type ReportNode } from '../../src/http/report-tree.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';
import { axial, sampleInput, spheres } from '../results/sample.ts';

let http: TestHttp;
beforeAll(async () => { http = await startHttp(); });
afterAll(() => http.close());

function* nodes(node: ReportNode): Generator<ReportNode> {
  yield node;
  for (const child of node.children) yield* nodes(child);
}

async function report(study: string, instance: string) {
  return http.app.inject(`/api/v1/studies/${study}/reports/${instance}`);
}

function checked(body: unknown): Report {
  const ajv = new Ajv({ strict: false });
  expect(ajv.validate(reportSchema, body), JSON.stringify(ajv.errors)).toBe(true);
  return body as Report;
}

describe('a structured report for reading', () => {
  it('shows every measurement with its unit, and that nobody has signed it', async () => {
    const input = sampleInput(axial, spheres);
    const sr = (await buildResultObjects(input)).find(({ role }) => role === 'sr')!;
    await http.store(sr.part10);
    const shown = checked((await report(input.findings.studyInstanceUID, sr.sopInstanceUID)).json());
    expect(shown).toMatchObject({ title: 'Imaging Measurement Report', verificationFlag: 'UNVERIFIED' });
    const lines = [...nodes(shown.root)];
    for (const finding of input.findings.findings) {
      expect(lines.some(({ type, value, unit }) => type === 'NUM' && unit === 'mm' && Math.abs(Number(value) - finding.longAxisMm) < 0.06)).toBe(true);
    }
    expect(lines.some(({ references }) => references !== undefined && references.length > 0)).toBe(true);
  });

  it('shows why nothing was analysed', async () => {
    const image = synthetic({ study: '2.25.1', series: '2.25.2', instance: '2.25.3' });
    await http.store(image);
    const objects = await buildResultObjects({
      findings: {
        schemaVersion: findingsSchemaVersion, studyInstanceUID: '2.25.1', status: 'not-analysed',
        reason: { code: 'SERIES_NONE_ELIGIBLE', text: { en: 'No series of this study fits the model.', vi: 'Không có chuỗi ảnh phù hợp.' } },
        warnings: [], seriesAssessments: [], model: { id: 'm', version: '1', sha256: 'ab', name: 'M' },
        operatingPoint: 0.5, findings: [], quality: {}, timingsMs: {}, inputHash: 'h',
      },
      masks: [], sourceHeaders: { header: parsePart10(image).dataset, references: [] }, softwareVersion: '0',
    });
    const sr = objects.find(({ role }) => role === 'sr')!;
    await http.store(sr.part10);
    const shown = checked((await report('2.25.1', sr.sopInstanceUID)).json());
    expect([...nodes(shown.root)].map(({ value }) => value).join('\n')).toContain('No series of this study fits the model.');
  });

  it('is not made of an image, of another study, or of nothing', async () => {
    for (const [study, instance] of [['2.25.1', '2.25.3'], ['2.25.404', '2.25.3'], ['2.25.1', '2.25.404']] as const) {
      expect((await report(study, instance)).json()).toMatchObject({ status: 404, code: 'HTTP_NOT_FOUND' });
    }
  });
});
