import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { items, text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { readSegmentation } from '../../src/results/read-seg.ts';
import type { Review } from '../../src/review/types.ts';
import { sliceReferences } from '../../src/volume/assemble.ts';
import { chooseSeries } from '../../src/volume/choose-series.ts';
import { readerLimits } from '../../src/volume/series-limits.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { dciodvfy } from '../results/peers.ts';
import { openReadingRoom, readPhantom, reader, type ReadingRoom } from './read-study.ts';

// Several processes one after the other, on a busy machine.
vi.setConfig({ testTimeout: 200_000, hookTimeout: 200_000 });

let parent: string;
let prepared: string;
let read: Review;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'phoi-signing-'));
  prepared = join(parent, 'prepared');
  const room = await openReadingRoom(prepared);
  read = await readPhantom(room);
  await room.close();
});
afterAll(() => rm(parent, { recursive: true, force: true }));

let copies = 0;
async function copy(): Promise<string> {
  copies += 1;
  const folder = join(parent, `copy-${copies}`);
  await cp(prepared, folder, { recursive: true });
  return folder;
}

/** Runs the signing process up to the step, and kills it there. */
async function signAndKill(folder: string, step: string): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'sign-until-killed.ts'), folder, read.studyInstanceUID, String(read.revision), step], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    expect(line).toBe('here');
    child.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
}

/** Everything that a signature leaves: versions, objects with their bytes, deliveries. */
async function traces({ index, archive }: ReadingRoom) {
  const study = await index.study(read.studyInstanceUID);
  const analysis = new Set(study?.analysis?.objects.map(({ sopInstanceUID }) => sopInstanceUID));
  const own = (await index.instances({ studyInstanceUID: read.studyInstanceUID })).filter((instance) => instance.own && !analysis.has(instance.sopInstanceUID));
  return {
    signed: (await index.reviews.signed(read.studyInstanceUID)).map(({ objects, ...rest }) => ({ ...rest, signedAt: '', objects: objects.map(({ role }) => role) })),
    state: study?.review.state,
    pending: (await index.reviews.signings()).length,
    objects: (await Promise.all(own.map(async ({ blobKey, header }) => [text(header, 'Modality'), (await archive.read(blobKey)).length > 0]))).sort(),
    conflicts: (await index.conflicts(read.studyInstanceUID)).length,
    deliveries: study?.deliveries.map(({ state, role }) => `${role ?? ''} ${state}`).sort(),
  };
}

describe('a signature', () => {
  it('writes report, segmentation and key images of what the reader confirmed', async () => {
    const room = await openReadingRoom(await copy());
    const review = await room.review.sign(read.studyInstanceUID, { reader, revision: read.revision });
    expect(review.signed[0]?.objects.map(({ role }) => role)).toEqual(expect.arrayContaining(['seg', 'sr', 'ko']));
    const deliveries = Map.groupBy(await room.index.deliveries(read.studyInstanceUID), (delivery) => delivery.destination);
    const roles = ['review-ko', 'review-seg', 'review-sr'];
    expect(Object.fromEntries([...deliveries].map(([name, all]) => [name, all.map(({ role }) => role).sort()]))).toEqual({ everything: roles, reports: ['review-sr'], signed: roles });
    const parts = await Promise.all(review.signed[0]!.objects.map(async ({ role, sopInstanceUID }) => ({ role, part10: await room.archive.read((await room.index.instance(sopInstanceUID))!.blobKey) })));
    const of = (role: string): Uint8Array => parts.find((part) => part.role === role)!.part10;
    const seg = parsePart10(of('seg')).dataset;
    const [first, , added] = read.draft.findings;
    expect(items(seg, 'SegmentSequence').map((segment) => text(segment, 'TrackingUID'))).toEqual([first!.trackingUID, added!.trackingUID]);
    expect(items(seg, 'SegmentSequence').map((segment) => text(segment, 'SegmentAlgorithmType'))).toEqual(['AUTOMATIC', 'SEMIAUTOMATIC']);
    expect(items(parsePart10(of('sr')).dataset, 'PredecessorDocumentsSequence')).toHaveLength(1);
    if (hasPrograms('dciodvfy')) for (const { role, part10 } of parts) expect([role, dciodvfy(part10).errors]).toEqual([role, []]);

    // The masks are those of the analysis and of the measurement, voxel for voxel.
    const records = (await room.index.instances({ studyInstanceUID: read.studyInstanceUID })).filter(({ own }) => !own);
    const plan = chooseSeries(records.map(({ header, transferSyntaxUID }) => ({ dataset: header, transferSyntaxUID, pixelDigest: '' })), readerLimits).ranked[0]!.stack.plan!;
    expect(sliceReferences(plan)).toHaveLength(records.length);
    const signed = readSegmentation(of('seg'), plan.geometry);
    const kept = await room.index.reviews.measured(read.studyInstanceUID);
    const voxels = (data: Uint8Array | undefined): number => data?.reduce((sum, value) => sum + value, 0) ?? 0;
    expect(voxels(signed.get(added!.trackingUID)?.data)).toBe(voxels(kept[0]?.mask?.data));
    const analysed = (await room.index.study(read.studyInstanceUID))!.analysis!.objects.find(({ role }) => role === 'seg')!;
    const before = readSegmentation(await room.archive.read((await room.index.instance(analysed.sopInstanceUID))!.blobKey), plan.geometry);
    expect(signed.get(first!.trackingUID)).toEqual(before.get(first!.trackingUID));
    expect(voxels(before.get(first!.trackingUID)?.data)).toBeGreaterThan(50);
    await room.close();
  });

  it('that is interrupted by kill -9 at any step is given once, completely, or not at all', async () => {
    const undisturbed = await openReadingRoom(await copy());
    await undisturbed.review.sign(read.studyInstanceUID, { reader, revision: read.revision });
    const whole = await traces(undisturbed);
    await undisturbed.close();
    expect(whole).toMatchObject({ state: 'signed', pending: 0, conflicts: 0 });

    const steps = ['record', ...whole.objects.map((_, n) => `object ${n + 1}`), 'deliveries', 'closing'];
    for (const step of steps) {
      const folder = await copy();
      await signAndKill(folder, step);
      const room = await openReadingRoom(folder);
      const { signed, state } = await traces(room);
      expect([step, signed, state]).toEqual([step, [], 'draft']);
      if (step !== 'record') {
        // Given: nothing may change under it, and a newer analysis does not.
        await expect(room.review.save(read.studyInstanceUID, { reader, revision: read.revision, draft: read.draft })).rejects.toMatchObject({ code: 'REVIEW_SIGNING' });
      }
      await room.study.resume();
      await room.review.resume();
      // Before the record nothing was given: the reader signs again. After it the same call finds it signed.
      const review = await room.review.sign(read.studyInstanceUID, { reader, revision: read.revision });
      expect(review).toMatchObject({ state: 'signed', revision: read.revision + 1 });
      await room.review.resume();
      expect([step, await traces(room)]).toEqual([step, whole]);
      await room.close();
    }
  });

  it('is what gives the worklist a category: as long as a finding is undecided there is none', async () => {
    const room = await openReadingRoom(await copy());
    const category = async (): Promise<string | undefined> => (await room.index.study(read.studyInstanceUID))!.review.lungRads;
    expect(await category(), 'every finding is decided').toMatch(/^4/);
    const [first, second, added] = read.draft.findings;
    const { rejectReason, ...open } = { ...second!, verdict: 'undecided' as const };
    expect(rejectReason).toBeDefined();
    const undecided = await room.review.save(read.studyInstanceUID, { reader, revision: read.revision, draft: { ...read.draft, findings: [first!, open, added!] } });
    expect(await category()).toBeUndefined();
    await room.review.save(read.studyInstanceUID, { reader, revision: undecided.revision, draft: { ...read.draft, findings: [first!, { ...open, verdict: 'accepted' }, added!] } });
    expect(await category()).toMatch(/^4/);
    await room.close();
  });

  it('that cannot be written is not given, and one that was given waits for room on the disk', async () => {
    const folder = await copy();
    const full = new Error('no space');
    const room = await openReadingRoom(folder, (deps) => ({ ...deps, study: { ...deps.study, receive: () => Promise.reject(full) } }));
    await expect(room.review.sign(read.studyInstanceUID, { reader, revision: read.revision })).rejects.toThrow('no space');
    expect(await traces(room)).toMatchObject({ signed: [], pending: 1, state: 'draft' });
    await expect(room.review.sign(read.studyInstanceUID, { reader: { id: 'binh', name: 'Lê^Bình' }, revision: read.revision })).rejects.toMatchObject({ code: 'REVIEW_SIGNING' });
    await room.review.resume();
    await room.close();
    const later = await openReadingRoom(folder);
    await later.review.resume();
    expect(await traces(later)).toMatchObject({ pending: 0, state: 'signed', signed: [{ version: 1 }] });
    await later.close();

    const broken = await openReadingRoom(await copy(), (deps) => ({ ...deps, index: { ...deps.index, instances: () => Promise.reject(full) } }));
    await expect(broken.review.sign(read.studyInstanceUID, { reader, revision: read.revision })).rejects.toThrow('no space');
    expect(await traces(broken)).toMatchObject({ signed: [], pending: 0, state: 'draft' });
    await broken.close();
  });

  it('by several calls at once is one', async () => {
    const room = await openReadingRoom(await copy());
    const answers = await Promise.all(Array.from({ length: 4 }, () => room.review.sign(read.studyInstanceUID, { reader, revision: read.revision })));
    expect(new Set(answers.map(({ signed }) => signed.length))).toEqual(new Set([1]));
    expect((await traces(room)).signed).toHaveLength(1);
    await room.close();
  });
});
