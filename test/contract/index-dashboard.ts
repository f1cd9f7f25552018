import { beforeEach, describe, expect, it } from 'vitest';
import { assessLungRadsExam } from '../../src/guidelines/lung-rads-exam.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { findings, record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

export function testDashboard(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    const start = Date.parse('2026-01-05T08:00:00.000Z');
    let now = new Date(start);
    beforeEach(() => { now = new Date(start); });
    openBeforeEach(createFixture, (opened) => { index = opened; }, () => now);
    const at = (minutes: number): string => new Date(start + minutes * 60_000).toISOString();
    async function arrive(study: string, minutes: number, site = 'Bệnh viện A', station = 'CT1', callingAETitle = 'CT_A'): Promise<void> {
      now = new Date(start + minutes * 60_000);
      for (const n of [1, 2]) {
        await index.addInstance(record({ study, instance: `${study}.1.${n}`, receivedAt: at(minutes), attributes: { InstitutionName: [site], StationName: [station] } }), { transport: 'dimse', callingAETitle });
      }
      await index.setState(study, 'waiting');
    }
    async function analyse(study: string, minutes: number, refusal?: string): Promise<void> {
      now = new Date(start + minutes * 60_000);
      await index.addAnalysis(study, { jobId: `job ${study}`, findings: findings(study, [], refusal), createdAt: at(minutes), objects: [] });
      await index.setState(study, refusal === undefined ? 'analysed' : 'not-analysed', refusal === undefined ? {} : { reasons: [{ code: refusal, text: { en: 'r', vi: 'r' } }] });
    }
    async function sign(study: string, minutes: number): Promise<void> {
      now = new Date(start + minutes * 60_000);
      const draft = { findings: [], patient: {}, impression: '', language: 'en' } as const;
      const reader = { id: 'an', name: 'An' };
      await index.reviews.write({ studyInstanceUID: study, revision: 1, state: 'draft', draft, newerAnalysis: false, updatedAt: at(minutes) }, 0);
      await index.reviews.beginSigning({ studyInstanceUID: study, revision: 1, version: 1, kind: 'report', reader, signedAt: at(minutes), draft, conclusions: { lungRads: assessLungRadsExam({ findings: [] }), brock: [] }, comparisons: [], objects: [] });
      await index.reviews.finishSigning(study, at(minutes));
    }

    it('of an empty index is empty', async () => {
      expect(await index.dashboard()).toEqual({
        states: {}, reviews: {}, toRead: 0, toReadStat: 0, beingRead: 0, toReadBySite: [], deliveries: {}, activity: [], failures: [], deliveryFailures: [], senders: [],
      });
    });

    it('counts what is there, what happened when, and how long it took', async () => {
      await arrive('1.2.1', 0);
      await arrive('1.2.2', 10, 'Bệnh viện B', 'CT9', 'CT_B');
      await arrive('1.2.3', 20);
      await arrive('1.2.4', 70);
      await analyse('1.2.1', 5);
      await analyse('1.2.2', 25);
      await analyse('1.2.3', 80, 'thick-slices');
      await analyse('1.2.3', 80, 'thick-slices');
      await sign('1.2.1', 65);
      await index.setPriority('1.2.4', 'stat');
      await index.reviews.takeLock('1.2.2', { reader: { id: 'an', name: 'An' }, at: at(80), expiresAt: at(81), takeOver: false });
      await index.addDelivery({ id: 'd', studyInstanceUID: '1.2.1', sopInstanceUID: '2.25.1', destination: 'pacs' });
      await index.updateDelivery('d', { state: 'failed', attempts: 3, lastErrorCode: 'DIMSE_PEER_REFUSED_INSTANCE', lastError: 'no' });
      const figures = await index.dashboard();
      expect(figures).toMatchObject({
        states: { analysed: 2, 'not-analysed': 1, waiting: 1 }, reviews: { unread: 3, signed: 1 }, toRead: 3, toReadStat: 1, beingRead: 1,
        deliveries: { failed: 1 },
        // 5, 15 and 60 minutes; 65 to the signature, 60 from the result to it.
        toResult: { count: 3, medianSeconds: 900, p90Seconds: 3600 }, toSigned: { count: 1, medianSeconds: 3900, p90Seconds: 3900 }, resultToSigned: { count: 1, medianSeconds: 3600 },
        failures: [{ studyInstanceUID: '1.2.3', state: 'not-analysed', reasons: [{ code: 'thick-slices' }] }],
        deliveryFailures: [{ id: 'd', destination: 'pacs', attempts: 3, code: 'DIMSE_PEER_REFUSED_INSTANCE' }],
      });
      expect([...figures.toReadBySite].sort((a, b) => a.site.localeCompare(b.site))).toEqual([{ site: 'Bệnh viện A', toRead: 2 }, { site: 'Bệnh viện B', toRead: 1 }]);
      expect(figures.activity).toEqual([
        { hour: at(0), site: 'Bệnh viện A', received: 2, results: 1, signed: 0 },
        { hour: at(0), site: 'Bệnh viện B', received: 1, results: 1, signed: 0 },
        { hour: at(60), site: 'Bệnh viện A', received: 1, results: 1, signed: 1 },
      ]);
      expect(figures.senders).toMatchObject([
        { callingAETitle: 'CT_A', station: 'CT1', institution: 'Bệnh viện A', modality: 'CT', arrivals: 3, firstArrivalAt: at(0), lastArrivalAt: at(70), isOverdue: false },
        { callingAETitle: 'CT_B', arrivals: 1, isOverdue: false },
      ]);
    });

    it('objects of our own are no arrivals', async () => {
      await index.addInstance(record({ study: '1.2.1', own: true }));
      expect(await index.dashboard()).toMatchObject({ activity: [], senders: [] });
    });

    it('a device is missed when it is silent for much longer than ever, and not after its usual night', async () => {
      const day = 24 * 60;
      for (let n = 0; n < 3; n += 1) for (const minutes of [0, 120, 240]) await arrive(`1.3.${n}.${minutes}`, n * day + minutes);
      const overdue = async (minutes: number): Promise<boolean | undefined> => {
        now = new Date(start + minutes * 60_000);
        return (await index.dashboard()).senders[0]?.isOverdue;
      };
      const last = 2 * day + 240;
      expect(await overdue(last + 60)).toBe(false);
      expect(await overdue(last + 20 * 60)).toBe(false);
      expect(await overdue(last + 29 * 60)).toBe(false);
      expect(await overdue(last + 31 * 60)).toBe(true);
      await arrive('1.4.1', last + 32 * 60);
      expect(await overdue(last + 33 * 60)).toBe(false);
    });
  });
}
