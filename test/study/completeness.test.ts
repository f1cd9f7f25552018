import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { dataset, slice } from './instances.ts';
import { createServiceFixture, type ServiceFixture } from './service-fixture.ts';

let f: ServiceFixture;
beforeEach(async () => {
  f = await createServiceFixture();
});
afterEach(() => f.dispose());

async function receiveAll(numbers: readonly number[], attributes: Parameters<typeof slice>[1] = {}, place: Parameters<typeof slice>[2] = {}): Promise<void> {
  for (const number of numbers) await f.receive(slice(number, attributes, place));
}
const upTo = (last: number, ...without: readonly number[]): readonly number[] => Array.from({ length: last }, (_, at) => at + 1).filter((number) => !without.includes(number));

describe('a study', () => {
  it('is complete after the quiet time, once, and not a moment earlier', async () => {
    await receiveAll(upTo(10));
    await f.pass(29.9);
    expect(await f.state()).toBe('receiving');
    expect(f.completes).toEqual([]);
    await f.pass(0.2);
    expect(await f.state()).toBe('waiting');
    expect(f.completes).toEqual([{ studyInstanceUID: '1.2.3', forced: false }]);
    await f.pass(3600);
    expect(f.completes.length).toBe(1);
  });

  it('stays open while instances keep coming, however slowly', async () => {
    for (const number of upTo(6)) {
      await f.receive(slice(number));
      await f.pass(25);
    }
    expect(f.completes).toEqual([]);
    await f.pass(5);
    expect(f.completes.length).toBe(1);
  });

  it('waits for every series of it', async () => {
    await receiveAll(upTo(5));
    await f.pass(20);
    await receiveAll(upTo(5), { SeriesNumber: [3] }, { series: '1.2.3.2' });
    await f.pass(20);
    expect(f.completes).toEqual([]);
    await f.pass(10);
    expect(f.completes.length).toBe(1);
  });

  it('is its own: another that still receives does not hold it', async () => {
    await receiveAll(upTo(4));
    await f.pass(20);
    await receiveAll(upTo(4), {}, { study: '1.2.9' });
    await f.pass(10);
    expect(f.completes.map(({ studyInstanceUID }) => studyInstanceUID)).toEqual(['1.2.3']);
    await f.pass(20);
    expect(f.completes.map(({ studyInstanceUID }) => studyInstanceUID)).toEqual(['1.2.3', '1.2.9']);
  });

  it('becomes complete also without a CT image, so that somebody is told', async () => {
    await f.receive(slice(1, { Modality: ['MR'], SOPClassUID: ['1.2.840.10008.5.1.4.1.1.4'] }));
    await f.pass(30);
    expect(f.completes.length).toBe(1);
  });

  it('of more than one patient is closed with a warning that stays', async () => {
    await receiveAll(upTo(4));
    await receiveAll(upTo(4), { PatientID: ['P2'], SeriesNumber: [3] }, { series: '1.2.3.2' });
    await receiveAll(upTo(2), { PatientID: [], SeriesNumber: [4] }, { series: '1.2.3.3' });
    await f.pass(30);
    await f.service.setState('1.2.3', 'analysed');
    const { reasons } = await f.item();
    expect(reasons).toMatchObject([{ code: 'patient-mismatch', details: { patients: 2 } }]);
    expect(JSON.stringify(reasons)).not.toContain('P2');
  });

  it('is never triggered by our own results', async () => {
    await receiveAll(upTo(4));
    await f.pass(30);
    await f.service.setState('1.2.3', 'analysed');
    expect(await f.receive(slice(900, { Modality: ['SR'] }, { series: '1.2.3.9' }), { transport: 'internal' })).toBe('stored');
    // The same kind of object on its way back from a PACS, under another UID.
    expect(await f.receive(slice(901, { Modality: ['SEG'], Manufacturer: ['Phoi'] }, { series: '1.2.3.10' }))).toBe('stored');
    await f.pass(600);
    expect(await f.state()).toBe('analysed');
    expect(f.completes.length).toBe(1);
  });
});

describe('a hole between slices', () => {
  it('keeps the study open, names the place, and closes it when the slice comes', async () => {
    await receiveAll(upTo(12, 5));
    await f.pass(30);
    expect(await f.state()).toBe('incomplete');
    expect(await f.reasons()).toEqual(['Series 2: slice missing between z=-94.0 and z=-91.0 mm']);
    expect((await f.item()).reasons[0]).toMatchObject({ code: 'slice-gap', text: { vi: 'Chuỗi 2: thiếu 1 lát cắt giữa z=-94.0 và z=-91.0 mm' }, details: { seriesInstanceUID: '1.2.3.1', missing: 1, fromMm: -94, toMm: -91 } });
    await f.pass(100);
    expect(f.completes).toEqual([]);
    await f.receive(slice(5));
    expect(await f.state()).toBe('receiving');
    expect(await f.reasons()).toEqual([]);
    await f.pass(30);
    expect(f.completes).toEqual([{ studyInstanceUID: '1.2.3', forced: false }]);
    expect(await f.item()).toMatchObject({ state: 'waiting', reasons: [] });
  });

  it('ends with patience: complete, the hole stays visible as a warning through the analysis', async () => {
    await receiveAll(upTo(12, 5, 6));
    await f.pass(299);
    expect(await f.state()).toBe('incomplete');
    await f.pass(1);
    expect(f.completes.length).toBe(1);
    await f.service.setState('1.2.3', 'analysing', { jobId: 'j', progress: { stage: 'volume', fraction: 0.1 } });
    await f.service.setState('1.2.3', 'analysed');
    expect(await f.reasons()).toEqual(['Series 2: 2 slices missing between z=-94.0 and z=-89.5 mm']);
  });

  it('yields to a person, and stays visible', async () => {
    await receiveAll(upTo(12, 5));
    await f.pass(30);
    await f.service.forceComplete('1.2.3');
    expect(f.completes).toEqual([{ studyInstanceUID: '1.2.3', forced: true }]);
    expect(await f.state()).toBe('waiting');
    expect((await f.reasons()).length).toBe(1);
    await f.service.forceComplete('1.2.3');
    expect(f.completes.length).toBe(1);
    await expect(f.service.forceComplete('1.9.9')).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
  });

  it('does not matter to a person in a hurry: force closes a study that still receives', async () => {
    await receiveAll(upTo(3));
    await f.service.forceComplete('1.2.3');
    expect(f.completes).toEqual([{ studyInstanceUID: '1.2.3', forced: true }]);
    await f.pass(600);
    expect(f.completes.length).toBe(1);
  });

  it('updates its sentence as slices come', async () => {
    await receiveAll(upTo(20, 5, 9));
    await f.pass(30);
    expect((await f.reasons()).length).toBe(2);
    await f.receive(slice(9));
    await f.pass(30);
    expect(await f.reasons()).toEqual(['Series 2: slice missing between z=-94.0 and z=-91.0 mm']);
  });
});

describe('counts that the sender announces', () => {
  it('close the study at once when they prove it', async () => {
    await receiveAll(upTo(9), { NumberOfStudyRelatedInstances: [10] });
    expect(f.completes).toEqual([]);
    await receiveAll([10], { NumberOfStudyRelatedInstances: [10] });
    expect(f.completes).toEqual([{ studyInstanceUID: '1.2.3', forced: false }]);
    await f.pass(600);
    expect(f.completes.length).toBe(1);
  });

  it('do not prove a study with a hole', async () => {
    await receiveAll(upTo(11, 5), { NumberOfStudyRelatedInstances: [10] });
    expect(f.completes).toEqual([]);
    await f.pass(30);
    expect(await f.state()).toBe('incomplete');
  });

  it('prove it by every series, when the number of series is known too', async () => {
    const counts = { NumberOfStudyRelatedSeries: [2], NumberOfSeriesRelatedInstances: [3] };
    await receiveAll(upTo(3), counts);
    expect(f.completes).toEqual([]);
    await receiveAll(upTo(3), { ...counts, SeriesNumber: [3] }, { series: '1.2.3.2' });
    expect(f.completes.length).toBe(1);
  });

  it('keep the study open while it is short of them', async () => {
    await receiveAll(upTo(8), { NumberOfSeriesRelatedInstances: [10] });
    await f.pass(30);
    expect(await f.state()).toBe('incomplete');
    expect(await f.reasons()).toEqual(['Series 2: 8 of 10 announced objects received']);
    await f.pass(270);
    expect(f.completes.length).toBe(1);
  });

  it('of an acquisition count when every image agrees', async () => {
    await receiveAll(upTo(8), { ImagesInAcquisition: [12] });
    await f.pass(30);
    expect(await f.reasons()).toEqual(['Series 2: 8 of 12 announced images received']);
    await receiveAll([1, 2, 3], { ImagesInAcquisition: [2] }, { study: '1.2.8' });
    await receiveAll([4], { ImagesInAcquisition: [40] }, { study: '1.2.8' });
    await f.pass(30);
    expect(await f.state('1.2.8')).toBe('waiting');
  });

  it('that cannot be right are not believed', async () => {
    await receiveAll(upTo(5), { NumberOfStudyRelatedInstances: [0], NumberOfSeriesRelatedInstances: [99_999_999] });
    expect(f.completes).toEqual([]);
    await f.pass(30);
    expect(await f.state()).toBe('waiting');
  });

  it('that were too low are found out by the next instance, and the study completes again', async () => {
    await receiveAll(upTo(5), { NumberOfStudyRelatedInstances: [4] });
    expect(f.completes.length).toBe(1);
    expect(await f.state()).toBe('receiving');
    await f.pass(30);
    expect(f.completes.length).toBe(2);
    expect(await f.state()).toBe('waiting');
  });

  it('of a concatenation are waited for', async () => {
    await f.receive(slice(1, { ConcatenationUID: ['1.2.66'], InConcatenationTotalNumber: [2] }));
    await f.pass(30);
    expect(await f.state()).toBe('incomplete');
    await f.receive(slice(2, { ConcatenationUID: ['1.2.66'], InConcatenationTotalNumber: [2] }));
    await f.pass(30);
    expect(await f.state()).toBe('waiting');
  });
});

describe('late instances', () => {
  it('reopen the study, and it completes again', async () => {
    await receiveAll(upTo(5));
    await f.pass(30);
    await f.service.setState('1.2.3', 'analysed', { jobId: 'job 1' });
    await f.receive(slice(6));
    expect(await f.item()).toMatchObject({ state: 'receiving' });
    await f.pass(30);
    expect(f.completes.length).toBe(2);
    expect(await f.state()).toBe('waiting');
  });

  it('are not overruled by the job of the earlier closing', async () => {
    await receiveAll(upTo(5));
    await f.pass(30);
    await f.receive(slice(6));
    expect(await f.service.setState('1.2.3', 'waiting', { jobId: 'job 1' })).toBe(false);
    expect(await f.service.setState('1.2.3', 'analysed', { onlyIf: { states: ['receiving', 'analysing'] } })).toBe(false);
    expect(await f.state()).toBe('receiving');
    await f.pass(30);
    expect(f.completes.length).toBe(2);
  });

  it('that arrive in the moment of closing are analysed too', async () => {
    await receiveAll(upTo(5));
    // The timer rings and the instance comes in the same turn, in either order.
    f.clock.advance(30_000);
    const late = f.receive(slice(6));
    await late;
    await f.pass(0);
    await f.pass(30);
    const { instanceCount, state } = await f.item();
    expect({ instanceCount, state }).toEqual({ instanceCount: 6, state: 'waiting' });
    expect(f.completes.length).toBeGreaterThanOrEqual(1);
    await f.pass(600);
    expect(f.completes.length).toBeLessThanOrEqual(2);
  });

  it('that are duplicates or conflicts do not reopen it', async () => {
    await receiveAll(upTo(5));
    await f.pass(30);
    await f.service.setState('1.2.3', 'analysed');
    expect(await f.receive(slice(5))).toBe('duplicate');
    expect(await f.receive(slice(5, { PatientID: ['P2'] }))).toBe('conflict');
    await f.pass(600);
    expect(await f.item()).toMatchObject({ state: 'analysed', conflictCount: 1, instanceCount: 5 });
    expect(f.completes.length).toBe(1);
  });

  it('a repeated transfer counts as a sign of life while the study is open', async () => {
    await receiveAll(upTo(5));
    await f.pass(20);
    await receiveAll(upTo(5));
    await f.pass(20);
    expect(f.completes).toEqual([]);
    await f.pass(10);
    expect(f.completes.length).toBe(1);
  });
});

describe('a restart', () => {
  it('gives an open study its quiet time again', async () => {
    await receiveAll(upTo(5));
    f.clock.advance(0);
    await f.restart();
    await f.pass(29);
    expect(f.completes).toEqual([]);
    await f.pass(1);
    expect(f.completes.length).toBe(1);
  });

  it('says again what waits without a job, and leaves alone what has one', async () => {
    await receiveAll(upTo(5));
    await receiveAll(upTo(5), {}, { study: '1.2.9' });
    await f.pass(30);
    await f.service.setState('1.2.9', 'waiting', { jobId: 'job 9' });
    await f.restart();
    expect(f.completes.map(({ studyInstanceUID }) => studyInstanceUID)).toEqual(['1.2.3', '1.2.9', '1.2.3']);
  });

  it('keeps waiting for a hole', async () => {
    await receiveAll(upTo(12, 5));
    await f.pass(30);
    await f.restart();
    await f.pass(299);
    expect(await f.state()).toBe('incomplete');
    await f.pass(1);
    expect(f.completes.length).toBe(1);
  });
});

describe('changes on the screen', () => {
  it('are told a few times a second, the last one always', async () => {
    const began = f.changes.length;
    for (const number of upTo(100)) await f.receive(slice(number));
    await f.pass(1);
    const told = f.changes.length - began;
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(3);
    expect(f.changes.at(-1)).toMatchObject({ studyInstanceUID: '1.2.3', state: 'receiving', item: { instanceCount: 100 } });
  });

  it('of state are told at once', async () => {
    await receiveAll(upTo(4));
    await f.pass(30);
    await f.service.setState('1.2.3', 'analysing', { progress: { stage: 'volume', fraction: 0.1 } });
    await f.pass(0);
    expect(f.changes.map(({ state }) => state)).toEqual(expect.arrayContaining(['receiving', 'waiting', 'analysing']));
  });

  it('made in the index itself are told when announced', async () => {
    await f.receive(slice(1));
    await f.index.setPriority('1.2.3', 'stat');
    f.service.announce('1.2.3');
    await f.pass(1);
    expect(f.changes.at(-1)?.item.priority).toBe('stat');
  });

  it('that a listener cannot stand do no harm', async () => {
    f.service.on('changed', () => {
      throw new Error('a screen went away');
    });
    expect(await f.receive(slice(1))).toBe('stored');
    await f.pass(30);
    expect(f.completes.length).toBe(1);
  });
});

describe('an object without pixel data', () => {
  it('is received like any other', async () => {
    const report = encodePart10(dataset({
      SOPClassUID: ['1.2.840.10008.5.1.4.1.1.88.34'], Modality: ['SR'], StudyInstanceUID: ['1.2.3'], SeriesInstanceUID: ['1.2.3.7'], SOPInstanceUID: ['1.2.3.7.1'],
      Rows: undefined, Columns: undefined, BitsAllocated: undefined,
    }, 0));
    expect(await f.receive(report)).toBe('stored');
    await f.pass(30);
    expect(f.completes.length).toBe(1);
  });
});
