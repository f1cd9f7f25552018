/** The reading room from end to end: images in, analysis, a reading by REST, the signed objects at a PACS, an addendum. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { items, text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { sendFolder } from '../../src/dimse/send-folder.ts';
import { firstHeldOutSeed } from '../../src/phantom/scene.ts';
import { writePhantom, type PhantomTruth } from '../../src/phantom/write-phantom.ts';
import type { Review, ReviewDraft, ReviewedFinding } from '../../src/review/types.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { dciodvfy, dsrdump } from '../results/peers.ts';

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 300_000 });

const reader = { id: 'bs.an', name: 'Trần^Thị An' };

describe.runIf(hasPrograms('Orthanc', 'dciodvfy', 'dsrdump'))('a reading, from the images to the signed report at the PACS', () => {
  let folder: string;
  let truth: PhantomTruth;
  let orthanc: Orthanc;
  let service: TestService;
  let signed: Review;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-review-'));
    ({ truth } = await writePhantom({
      out: folder, seed: firstHeldOutSeed + 600, sliceSpacingMm: 2.5, sliceThicknessMm: 2.5,
      nodules: [{ diameterMm: 12, type: 'solid', location: 'isolated' }, { diameterMm: 9, type: 'solid', location: 'isolated' }],
    }));
    orthanc = await startOrthanc();
    service = await startTestService({ config: { destinations: [{ kind: 'dimse', name: 'PACS', host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC' }] } });
    await sendFolder(folder, { host: '127.0.0.1', port: service.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'TEST' });
    await service.reaches(truth.studyInstanceUID, ['analysed']);
  });
  afterAll(async () => {
    await service.stop();
    await orthanc.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const path = (): string => `/api/v1/studies/${truth.studyInstanceUID}/review`;
  const send = <T = Review>(method: 'PUT' | 'POST', to: string, body: unknown): Promise<T> => service.api<T>(path() + to, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  /** Part 10 files at the PACS, by SOP Instance UID. */
  async function atPacs(): Promise<ReadonlyMap<string, Uint8Array>> {
    const instances = await orthanc.get<readonly string[]>('/instances');
    const files = await Promise.all(instances.map((instance) => orthanc.file(instance)));
    return new Map(files.map((file) => [text(parsePart10(file).dataset, 'SOPInstanceUID') ?? '', file]));
  }
  const arrived = ({ objects }: Review['signed'][number]) => until('the objects at the PACS', async () => {
    const there = await atPacs();
    return objects.every(({ sopInstanceUID }) => there.has(sopInstanceUID)) ? there : undefined;
  });

  it('is signed with what the reader confirmed, rejected and added, and valid at the PACS', async () => {
    const fresh = await service.api<Review>(path());
    expect(fresh.state).toBe('unread');
    expect(fresh.draft.findings.length).toBeGreaterThan(0);
    await send('POST', '/lock', { reader });
    const [nodule] = truth.nodules;
    const added = await send<ReviewedFinding>('POST', '/measure', { worldPoint: nodule!.worldPoint });
    expect(Math.abs(added.finding.diameterMm - nodule!.diameterMm)).toBeLessThan(2);
    const draft: ReviewDraft = {
      ...fresh.draft, language: 'vi', impression: 'Nốt đặc thùy phổi, theo dõi.',
      patient: { ...fresh.draft.patient, isScreening: true, prior: 'none', lungsFullyEvaluated: true },
      findings: [...fresh.draft.findings.map((item, n): ReviewedFinding => (n === 0 ? { ...item, verdict: 'accepted', comment: 'rõ' } : { ...item, verdict: 'rejected', rejectReason: 'vessel' })), added],
    };
    const preview = await send<{ text: { vi: string }; report: { name: string } }>('POST', '/preview', { draft, reader });
    expect(preview.text.vi).toContain('Nốt đặc thùy phổi, theo dõi.');
    const saved = await send('PUT', '', { reader, revision: 0, draft });
    signed = await send('POST', '/sign', { reader, revision: saved.revision });
    expect(signed).toMatchObject({ state: 'signed', signed: [{ version: 1, kind: 'report', reader }] });
    expect(signed.signed[0]?.conclusions.lungRads.outcome).toBe(saved.conclusions.lungRads.outcome);
    expect(signed.signed[0]?.objects.map(({ role }) => role)).toEqual(expect.arrayContaining(['seg', 'sr', 'ko']));

    const there = await arrived(signed.signed[0]!);
    for (const { role, sopInstanceUID } of signed.signed[0]!.objects) expect([role, dciodvfy(there.get(sopInstanceUID)!).errors]).toEqual([role, []]);
    const of = (role: string): Uint8Array => there.get(signed.signed[0]!.objects.find((object) => object.role === role)!.sopInstanceUID)!;
    expect(dsrdump(of('sr'))).toMatch(/Verification Flag\s+: VERIFIED/u);
    expect(dsrdump(of('sr'))).toContain('Trần');
    expect(items(parsePart10(of('seg')).dataset, 'SegmentSequence').map((segment) => text(segment, 'TrackingUID'))).toEqual([draft.findings[0]!.trackingUID, added.trackingUID]);
    const study = await service.study(truth.studyInstanceUID);
    expect(study.review).toMatchObject({ state: 'signed', signedBy: reader.name });
    expect(study.state).toBe('analysed');
  });

  it('gets an addendum that follows the report, after a kill of the service', async () => {
    await service.kill();
    await service.start();
    expect((await service.api<Review>(path())).signed).toEqual(signed.signed);
    const open = await send('POST', '/reopen', { reader });
    const saved = await send('PUT', '', { reader, revision: open.revision, draft: { ...open.draft, impression: 'Bổ sung: không đổi.' } });
    const addendum = await send('POST', '/sign', { reader, revision: saved.revision });
    expect(addendum.signed.map(({ version, kind }) => [version, kind])).toEqual([[2, 'addendum'], [1, 'report']]);
    expect(addendum.signed[1]).toEqual(signed.signed[0]);
    const there = await arrived(addendum.signed[0]!);
    const sr = (at: number): string => addendum.signed[at]!.objects.find(({ role }) => role === 'sr')!.sopInstanceUID;
    const predecessors = items(parsePart10(there.get(sr(0))!).dataset, 'PredecessorDocumentsSequence')
      .flatMap((of) => items(of, 'ReferencedSeriesSequence')).flatMap((series) => items(series, 'ReferencedSOPSequence')).map((reference) => text(reference, 'ReferencedSOPInstanceUID'));
    expect(predecessors).toContain(sr(1));
    expect(dciodvfy(there.get(sr(0))!).errors).toEqual([]);
  });

  it('without a name or a value in the log', () => {
    const log = JSON.stringify(service.log);
    for (const secret of ['theo dõi', 'Trần^Thị An', 'Bổ sung']) expect(log).not.toContain(secret);
  });
});
