import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { reviewSchema } from '../../src/http/schemas/review.ts';
import type { Review, ReviewDraft, ReviewedFinding } from '../../src/review/types.ts';
import { Ajv } from 'ajv';
import { findings } from '../index/records.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

const study = '2.25.100';
const an = { id: 'an', name: 'Trần^An' };
const binh = { id: 'binh', name: 'Lê^Bình' };

let http: TestHttp;
let studies = 0;
beforeEach(async () => {
  http = await startHttp();
});
afterEach(() => http.close());

function document(uid: string, sizes: readonly (readonly [number, number])[], at: readonly (readonly [number, number, number])[] = []): FindingsDocument {
  const made = findings(uid, sizes);
  return {
    ...made,
    // Where the lungs and the slices lie: without that nothing can be laid over an earlier examination.
    quality: {
      sliceThicknessMm: 1, scanLowZMm: -150, scanHighZMm: 150, lungLowXMm: -150, lungLowYMm: -100, lungLowZMm: -140, lungHighXMm: 150, lungHighYMm: 100, lungHighZMm: 140,
    },
    findings: made.findings.map((finding, n) => ({ ...finding, trackingUID: `2.25.9${uid.at(-1)}${studies}${n}`, trackingIdentifier: `Nodule ${n + 1}`, worldPoint: at[n] ?? [n * 50, 0, 0] })),
  };
}

/** A study with an analysis of nodules of these sizes. */
async function analysed(sizes: readonly (readonly [number, number])[] = [[8, 0.9], [5, 0.6]], uid = study, more?: (dataset: Dataset) => void): Promise<void> {
  studies += 1;
  await http.store(synthetic({ study: uid, series: `${uid}.1`, instance: `${uid}.2`, ...(more === undefined ? {} : { more }) }));
  await http.study.forceComplete(uid);
  await http.index.addAnalysis(uid, { jobId: `job ${uid}`, findings: document(uid, sizes), createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
  await http.study.setState(uid, 'analysed');
}

async function call<T = Review>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, payload?: object, expected = 200): Promise<T> {
  const answer = await http.app.inject({ method, url: `/api/v1/studies/${path}`, ...(payload === undefined ? {} : { payload }) });
  expect(answer.statusCode, answer.body).toBe(expected);
  return answer.body === '' ? undefined as T : answer.json<T>();
}

interface Problem { readonly code: string; readonly review?: Review; readonly path?: string; readonly undecided?: readonly string[]; readonly lock?: { reader: { name: string } }; readonly state?: string }
const path = `${study}/review`;
const get = () => call('GET', path);
const save = (review: Pick<Review, 'revision'>, draft: ReviewDraft, reader = an) => call('PUT', path, { reader, revision: review.revision, draft });
const refused = (method: 'PUT' | 'POST' | 'GET' | 'DELETE', to: string, payload: object | undefined, status: number) => call<Problem>(method, to, payload, status);

function withFinding({ draft }: Review, at: number, change: Partial<ReviewedFinding>): ReviewDraft {
  return { ...draft, findings: draft.findings.map((item, n) => (n === at ? { ...item, ...change } : item)) };
}
const allAccepted = ({ draft }: Review): ReviewDraft => ({ ...draft, findings: draft.findings.map((item) => ({ ...item, verdict: 'accepted' })) });

describe('a reading', () => {
  it('begins with every finding of the AI undecided, and with what the images say of the patient', async () => {
    await analysed();
    const review = await get();
    const ajv = new Ajv({ strict: false });
    expect(ajv.validate(reviewSchema, review), JSON.stringify(ajv.errors)).toBe(true);
    expect(review).toMatchObject({ revision: 0, state: 'unread', analysisVersion: 1, signed: [], draft: { impression: '' } });
    expect(review.draft.findings.map(({ origin, verdict, edited }) => [origin, verdict, edited])).toEqual([['ai', 'undecided', []], ['ai', 'undecided', []]]);
    expect(await http.index.reviews.review(study)).toBeUndefined();
  });

  it('knows age and sex from the images alone, and takes no placeholder for an age', async () => {
    const patientOf = async (uid: string, fields: Partial<Record<'PatientBirthDate' | 'PatientAge' | 'PatientSex', string>>) => {
      await analysed([], uid, (dataset) => {
        for (const [keyword, value] of Object.entries({ StudyDate: '20260202', ...fields })) put(dataset, keyword as 'PatientAge', value);
      });
      return (await call('GET', `${uid}/review`)).draft.patient;
    };
    expect(await patientOf('2.25.111', { PatientBirthDate: '19610203', PatientSex: 'F' })).toEqual({ ageYears: 64, sex: 'female' });
    expect(await patientOf('2.25.112', { PatientAge: '071Y', PatientSex: 'O' })).toEqual({ ageYears: 71 });
    expect(await patientOf('2.25.113', { PatientBirthDate: '19000101' })).toEqual({});
  });

  it('of a study that is still arriving is not there, and says so', async () => {
    await http.store(synthetic({ study }));
    expect(await refused('GET', path, undefined, 404)).toMatchObject({ code: 'REVIEW_NOT_AVAILABLE', state: 'receiving' });
    expect(await refused('GET', '2.25.404/review', undefined, 404)).toMatchObject({ code: 'STUDY_NOT_FOUND' });
  });

  it('of a study that was refused or failed is possible without findings of the AI', async () => {
    await http.store(synthetic({ study }));
    await http.study.forceComplete(study);
    await http.study.setState(study, 'failed');
    const review = await get();
    expect(review.draft.findings).toEqual([]);
    expect(review).not.toHaveProperty('analysisVersion');
    expect(await save(review, { ...review.draft, impression: 'Không thấy nốt.' })).toMatchObject({ revision: 1, state: 'draft' });
  });

  it('is written as a whole and durable', async () => {
    await analysed();
    const review = await get();
    const saved = await save(review, { ...withFinding(review, 1, { verdict: 'rejected', rejectReason: 'vessel', comment: 'mạch máu' }), impression: 'Nốt thùy trên trái.' });
    expect(saved).toMatchObject({ revision: 1, state: 'draft', lock: { reader: an } });
    expect(await get()).toEqual(saved);
    expect((await http.index.reviews.review(study))?.draft.findings[1]).toMatchObject({ verdict: 'rejected', rejectReason: 'vessel', comment: 'mạch máu' });
    expect((await http.index.worklistItem(study))?.review).toMatchObject({ state: 'draft', reading: { name: an.name } });
  });

  it('two readers do not collide: the lock, then the revision', async () => {
    await analysed();
    const review = await get();
    await save(review, { ...review.draft, impression: 'An' });
    expect(await refused('PUT', path, { reader: binh, revision: 1, draft: review.draft }, 423)).toMatchObject({ code: 'REVIEW_LOCKED', lock: { reader: an } });
    await call('DELETE', `${path}/lock`, { reader: an }, 204);
    const conflict = await refused('PUT', path, { reader: binh, revision: 0, draft: { ...review.draft, impression: 'Bình' } }, 409);
    expect(conflict).toMatchObject({ code: 'REVIEW_CONFLICT', review: { revision: 1, draft: { impression: 'An' } } });
    // Many at once on one revision: one is written, the others are told.
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => http.app.inject({
      method: 'PUT', url: `/api/v1/studies/${path}`, payload: { reader: binh, revision: 1, draft: { ...review.draft, impression: `${n}` } },
    })));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    expect((await get()).draft.impression).toBe(String(answers.findIndex(({ statusCode }) => statusCode === 200)));
  });

  it('the lock is taken over only when asked for', async () => {
    await analysed();
    expect(await call('POST', `${path}/lock`, { reader: an })).toMatchObject({ reader: an });
    expect(await refused('POST', `${path}/lock`, { reader: binh }, 423)).toMatchObject({ code: 'REVIEW_LOCKED', lock: { reader: an } });
    expect(await call('POST', `${path}/lock`, { reader: binh, takeOver: true })).toMatchObject({ reader: binh });
    expect(await refused('POST', `${path}/lock`, { reader: an }, 423)).toMatchObject({ lock: { reader: binh } });
    await call('DELETE', `${path}/lock`, { reader: an }, 204);
    expect((await get()).lock).toMatchObject({ reader: binh });
    expect(await http.index.reviews.events(study)).toMatchObject([{ kind: 'taken-over', reader: binh, from: an }]);
  });

  it.each<readonly [string, (review: Review) => ReviewDraft, string]>([
    ['a finding of the AI is missing', ({ draft }) => ({ ...draft, findings: draft.findings.slice(1) }), 'findings'],
    ['a finding comes from nowhere', ({ draft }) => ({ ...draft, findings: [...draft.findings, { ...draft.findings[0]!, origin: 'reader', trackingUID: '2.25.77', finding: { ...draft.findings[0]!.finding, trackingUID: '2.25.77' } }] }), 'findings[2].trackingUID'],
    ['a finding is there twice', ({ draft }) => ({ ...draft, findings: [...draft.findings, draft.findings[0]!] }), 'findings[2].trackingUID'],
    ['an identifier changes', ({ draft }) => ({ ...draft, findings: draft.findings.map((item) => ({ ...item, trackingUID: `${item.trackingUID}.1` })) }), 'findings[0].finding.trackingUID'],
    ['the origin changes', (review) => withFinding(review, 0, { origin: 'reader' }), 'findings[0].origin'],
    ['a rejection has no reason', (review) => withFinding(review, 0, { verdict: 'rejected' }), 'findings[0].rejectReason'],
    ['an accepted finding has a reason for rejection', (review) => withFinding(review, 0, { verdict: 'accepted', rejectReason: 'vessel' }), 'findings[0].rejectReason'],
    ['a measured value changes unsaid', (review) => withFinding(review, 0, { finding: { ...review.draft.findings[0]!.finding, longAxisMm: 9 } }), 'findings[0].finding'],
    ['what nobody may edit changes', (review) => withFinding(review, 0, { edited: ['longAxisMm'], finding: { ...review.draft.findings[0]!.finding, volumeMm3: 9 } }), 'findings[0].finding'],
    ['the probability changes', (review) => withFinding(review, 0, { finding: { ...review.draft.findings[0]!.finding, probability: 0.1 } }), 'findings[0].finding'],
    ['an axis is absurd', (review) => withFinding(review, 0, { edited: ['longAxisMm'], finding: { ...review.draft.findings[0]!.finding, longAxisMm: 4000 } }), 'findings[0].finding.longAxisMm'],
    ['the short axis is the longer one', (review) => withFinding(review, 0, { edited: ['shortAxisMm'], finding: { ...review.draft.findings[0]!.finding, shortAxisMm: 20 } }), 'findings[0].finding.shortAxisMm'],
    ['a lobe is of the other side', (review) => withFinding(review, 0, { edited: ['lobe'], finding: { ...review.draft.findings[0]!.finding, lobe: 'right-upper' } }), 'findings[0].finding.lobe'],
  ])('a draft in which %s is refused', async (_what, change, where) => {
    await analysed();
    const review = await get();
    expect(await refused('PUT', path, { reader: an, revision: 0, draft: change(review) }, 422)).toMatchObject({ code: 'REVIEW_INVALID', path: where });
    expect(await http.index.reviews.review(study)).toBeUndefined();
  });

  it('an edited axis makes the diameter', async () => {
    await analysed();
    const review = await get();
    const { finding } = review.draft.findings[0]!;
    const saved = await save(review, withFinding(review, 0, {
      verdict: 'accepted', edited: ['longAxisMm', 'shortAxisMm', 'type', 'solidDiameterMm'],
      finding: { ...finding, longAxisMm: 9, shortAxisMm: 6.5, diameterMm: 1, type: 'part-solid', solidDiameterMm: 4 },
    }));
    expect(saved.draft.findings[0]?.finding).toEqual({ ...finding, longAxisMm: 9, shortAxisMm: 6.5, diameterMm: 7.75, type: 'part-solid', solidDiameterMm: 4 });
    // Taken back: the value of the AI is valid again, and a solid nodule has no solid component.
    const back = await save(saved, withFinding(saved, 0, { edited: ['type'], finding: { ...finding, type: 'ground-glass' } }));
    expect(back.draft.findings[0]?.finding).toEqual({ ...finding, type: 'ground-glass' });
  });

  it('is signed once everything is decided; the same signature again is the same review', async () => {
    await analysed();
    const review = await save(await get(), (await get()).draft);
    expect(await refused('POST', `${path}/sign`, { reader: an, revision: 1 }, 409)).toMatchObject({
      code: 'REVIEW_UNDECIDED', undecided: review.draft.findings.map(({ trackingUID }) => trackingUID),
    });
    const decided = await save(review, allAccepted(review));
    expect(await refused('POST', `${path}/sign`, { reader: an, revision: 1 }, 409)).toMatchObject({ code: 'REVIEW_CONFLICT', review: { revision: 2 } });
    expect(await refused('POST', `${path}/sign`, { reader: binh, revision: 2 }, 423)).toMatchObject({ code: 'REVIEW_LOCKED' });
    const signed = await call('POST', `${path}/sign`, { reader: an, revision: 2 });
    expect(signed).toMatchObject({ state: 'signed', revision: 3, signed: [{ version: 1, kind: 'report', reader: an, draft: decided.draft, analysisVersion: 1 }] });
    expect(signed).not.toHaveProperty('lock');
    const [report] = signed.signed[0]!.objects.filter(({ role }) => role === 'sr');
    expect((await http.index.instance(report!.sopInstanceUID))?.own).toBe(true);
    const tree = await http.app.inject({ method: 'GET', url: `/api/v1/studies/${study}/reports/${report!.sopInstanceUID}` });
    expect(tree.json()).toMatchObject({ completionFlag: 'COMPLETE', verificationFlag: 'VERIFIED' });
    expect(await call('POST', `${path}/sign`, { reader: an, revision: 2 })).toEqual(signed);
    expect(await refused('PUT', path, { reader: an, revision: 3, draft: signed.draft }, 409)).toMatchObject({ code: 'REVIEW_SIGNED', review: { state: 'signed' } });
    expect((await http.index.worklistItem(study))?.review).toMatchObject({ state: 'signed', signedBy: an.name });
  });

  it('is reopened for an addendum, which leaves the report as it was signed', async () => {
    await analysed();
    expect(await refused('POST', `${path}/reopen`, { reader: an }, 409)).toMatchObject({ code: 'REVIEW_NOT_SIGNED' });
    await save(await get(), allAccepted(await get()));
    const report = await call('POST', `${path}/sign`, { reader: an, revision: 1 });
    const open = await call('POST', `${path}/reopen`, { reader: binh });
    expect(open).toMatchObject({ state: 'addendum', lock: { reader: binh }, signed: report.signed });
    const saved = await save(open, { ...open.draft, impression: 'Bổ sung.' }, binh);
    const signed = await call('POST', `${path}/sign`, { reader: binh, revision: saved.revision });
    expect(signed.signed.map(({ version, kind, reader, draft }) => [version, kind, reader.id, draft.impression])).toEqual([[2, 'addendum', 'binh', 'Bổ sung.'], [1, 'report', 'an', '']]);
    expect(signed.signed[1]).toEqual(report.signed[0]);
  });

  it('takes in a newer analysis without losing what the reader did', async () => {
    await analysed([[8, 0.9], [5, 0.6], [4, 0.5]]);
    const review = await get();
    const saved = await save(review, withFinding(review, 0, { verdict: 'accepted', comment: 'giữ' }));
    const newer = { ...document(study, [[8.4, 0.95], [5.2, 0.7], [6, 0.8]], [[1, 0, 0], [50, 1, 0], [0, 90, 0]]) };
    const renamed = { ...newer, findings: newer.findings.map((finding) => ({ ...finding, trackingUID: `${finding.trackingUID}.9` })) };
    await http.index.addAnalysis(study, { jobId: 'later', findings: renamed, createdAt: '2026-01-02T05:00:00.000Z', objects: [] });
    const merged = await get();
    expect(merged).toMatchObject({ newerAnalysis: true, analysisVersion: 2, revision: 2 });
    const [first, second, third] = saved.draft.findings;
    expect(merged.draft.findings).toEqual([
      first, // decided: as it was
      { ...second, trackingUID: renamed.findings[1]!.trackingUID, finding: renamed.findings[1] }, // untouched: the newer values
      third, // gone from the newer analysis: a person takes it away
      { trackingUID: renamed.findings[2]!.trackingUID, origin: 'ai', verdict: 'undecided', finding: renamed.findings[2], edited: [] },
    ]);
    expect(await refused('PUT', path, { reader: an, revision: 1, draft: saved.draft }, 409)).toMatchObject({ code: 'REVIEW_CONFLICT', review: { revision: 2 } });
    await save(merged, allAccepted(merged));
    const signed = await call('POST', `${path}/sign`, { reader: an, revision: 3 });
    await http.index.addAnalysis(study, { jobId: 'last', findings: renamed, createdAt: '2026-01-02T06:00:00.000Z', objects: [] });
    expect(await get()).toEqual({ ...signed, newerAnalysis: true });
  });

  it('cannot be signed while images arrive, which loses nothing of it', async () => {
    await analysed();
    const saved = await save(await get(), allAccepted(await get()));
    await http.store(synthetic({ study, series: `${study}.1`, instance: `${study}.3` }));
    expect((await http.index.worklistItem(study))?.state).toBe('receiving');
    expect(await get()).toEqual(saved);
    const again = await save(saved, { ...saved.draft, impression: 'vẫn viết được' });
    expect(await refused('POST', `${path}/sign`, { reader: an, revision: again.revision }, 409)).toMatchObject({ code: 'REVIEW_STUDY_OPEN', state: 'receiving' });
    await http.study.forceComplete(study);
    expect(await call('POST', `${path}/sign`, { reader: an, revision: again.revision })).toMatchObject({ state: 'signed' });
  });

  it('is announced to the screens when it is locked, written and signed', async () => {
    await analysed();
    const seen: string[] = [];
    http.study.on('changed', ({ item: { review } }) => seen.push(`${review.state} ${review.reading?.name ?? '-'}`));
    await call('POST', `${path}/lock`, { reader: an });
    await expect.poll(() => seen.at(-1)).toBe(`unread ${an.name}`);
    await save(await get(), allAccepted(await get()));
    await expect.poll(() => seen.at(-1)).toBe(`draft ${an.name}`);
    await call('POST', `${path}/sign`, { reader: an, revision: 1 });
    await expect.poll(() => seen.at(-1)).toBe('signed -');
  });

  it('a preview shows the conclusions of a draft that is not stored', async () => {
    await analysed();
    const review = await get();
    const draft = { ...allAccepted(review), impression: 'Theo dõi.' };
    const preview = await call<{ conclusions: Review['conclusions']; text: { en: string; vi: string }; report: { name: string } }>('POST', `${path}/preview`, { draft, reader: an });
    expect(preview.conclusions.lungRads.findings).toHaveLength(2);
    expect(preview.report.name).toBe('Imaging Measurement Report');
    expect(preview.text.en).toContain('2 nodules were recorded.');
    expect(preview.text.vi).toContain('Theo dõi.');
    expect(preview.text.vi).toContain('Trần An');
    // What is undecided is not stated.
    expect((await call<typeof preview>('POST', `${path}/preview`, { draft: review.draft })).text.en).toContain('No nodule was recorded.');
    expect(await http.index.reviews.review(study)).toBeUndefined();
  });

  it('no name of a reader or patient and no finding is written into the log', async () => {
    await analysed();
    const review = await get();
    await save(review, { ...review.draft, impression: 'BÍ-MẬT' });
    await refused('PUT', path, { reader: binh, revision: 0, draft: review.draft }, 423);
    await call('POST', `${path}/lock`, { reader: binh, takeOver: true });
    const log = http.logLines.join('\n');
    for (const secret of ['BÍ-MẬT', an.name, binh.name, 'Synthetic']) expect(log).not.toContain(secret);
  });
});

describe('earlier examinations', () => {
  const patient = (fields: Partial<Record<'PatientID' | 'PatientName' | 'PatientBirthDate' | 'PatientSex' | 'IssuerOfPatientID' | 'StudyDate' | 'Modality', string>>) => (dataset: Dataset): void => {
    for (const [keyword, value] of Object.entries({ PatientID: 'BN-1', PatientName: 'Nguyễn^An', PatientBirthDate: '19610203', PatientSex: 'M', StudyDate: '20260601', ...fields })) {
      put(dataset, keyword as 'PatientID', value);
    }
  };
  interface Priors { readonly items: readonly { studyInstanceUID: string; studyDate: string; isComparable: boolean }[]; readonly chosen?: string; readonly comparisons: Review['comparisons'] }
  const priors = (query = '') => call<Priors>('GET', `${study}/priors${query}`);

  it('are those of the same patient, newest first, and the newest that can be compared is', async () => {
    await analysed([[6, 0.9]], study, patient({}));
    await analysed([[5, 0.9]], '2.25.101', patient({ StudyDate: '20250601' }));
    await analysed([[4, 0.9]], '2.25.102', patient({ StudyDate: '20251201' }));
    await http.store(synthetic({ study: '2.25.103', series: '2.25.103.1', instance: '2.25.103.2', more: patient({ StudyDate: '20260301' }) }));
    await analysed([[4, 0.9]], '2.25.104', patient({ StudyDate: '20260701' }));
    const found = await priors();
    expect(found.items.map(({ studyInstanceUID, isComparable }) => [studyInstanceUID, isComparable])).toEqual([['2.25.103', false], ['2.25.102', true], ['2.25.101', true]]);
    expect(found).toMatchObject({ chosen: '2.25.102', comparisons: [{ change: 'growing', priorStudyInstanceUID: '2.25.102', priorDate: '20251201', priorDiameterMm: 4 }] });
    expect((await get()).comparisons).toEqual(found.comparisons);
    expect((await get()).draft.patient.prior).toBe('available');
  });

  it('another one can be chosen, for a look or for the reading', async () => {
    await analysed([[6, 0.9]], study, patient({}));
    await analysed([[5.8, 0.9]], '2.25.101', patient({ StudyDate: '20250601' }));
    await analysed([[4, 0.9]], '2.25.102', patient({ StudyDate: '20251201' }));
    expect(await priors('?compareWith=2.25.101')).toMatchObject({ chosen: '2.25.101', comparisons: [{ change: 'stable' }] });
    const review = await get();
    expect(review.comparisons).toMatchObject([{ priorStudyInstanceUID: '2.25.102' }]);
    const saved = await call('PUT', path, { reader: an, revision: 0, draft: allAccepted(review), compareWith: '2.25.101' });
    expect(saved.comparisons).toMatchObject([{ priorStudyInstanceUID: '2.25.101', change: 'stable' }]);
    expect(await priors()).toMatchObject({ chosen: '2.25.101' });
    expect(await refused('PUT', path, { reader: an, revision: 1, draft: saved.draft, compareWith: '2.25.999' }, 404)).toMatchObject({ code: 'REVIEW_PRIOR_NOT_FOUND' });
    const signed = await call('POST', `${path}/sign`, { reader: an, revision: 1 });
    expect(signed.signed[0]?.comparisons).toEqual(saved.comparisons);
  });

  it('what was signed counts, not what the AI said', async () => {
    await analysed([[6, 0.9]], '2.25.101', patient({ StudyDate: '20250601' }));
    const earlier = await call('GET', '2.25.101/review');
    await call('PUT', '2.25.101/review', { reader: an, revision: 0, draft: withFinding(earlier, 0, { verdict: 'rejected', rejectReason: 'vessel' }) });
    await call('POST', '2.25.101/review/sign', { reader: an, revision: 1 });
    await analysed([[6, 0.9]], study, patient({}));
    expect((await priors()).comparisons.filter(({ priorTrackingUID }) => priorTrackingUID !== undefined)).toEqual([]);
  });

  it.each([
    ['only the name', { PatientID: 'BN-2' }],
    ['the number, but another birth date', { PatientBirthDate: '19700101' }],
    ['the number, but the other sex', { PatientSex: 'F' }],
    ['the number of another issuer', { IssuerOfPatientID: 'OTHER' }],
    ['the number, without an issuer and without a birth date', { IssuerOfPatientID: '', PatientBirthDate: '' }],
    ['everything, but it is no CT', { Modality: 'MR' }],
    ['everything, but it has no date', { StudyDate: '' }],
  ] as const)('of %s are none', async (_what, difference) => {
    const issuer = 'IssuerOfPatientID' in difference ? { IssuerOfPatientID: 'HOSPITAL' } : {};
    await analysed([[6, 0.9]], study, patient(issuer));
    await analysed([[6, 0.9]], '2.25.101', patient({ StudyDate: '20250601', ...difference }));
    expect(await priors()).toEqual({ items: [], comparisons: [] });
    expect((await get()).draft.patient).not.toHaveProperty('prior');
  });

  it('of a patient without a number are none', async () => {
    await analysed([[6, 0.9]], study, patient({ PatientID: '' }));
    await analysed([[6, 0.9]], '2.25.101', patient({ PatientID: '', StudyDate: '20250601' }));
    expect((await priors()).items).toEqual([]);
  });

  it('without an issuer on one side are taken when birth date and sex agree', async () => {
    await analysed([[6, 0.9]], study, patient({ IssuerOfPatientID: 'HOSPITAL' }));
    await analysed([[6, 0.9]], '2.25.101', patient({ StudyDate: '20250601' }));
    expect((await priors()).items).toHaveLength(1);
  });
});
