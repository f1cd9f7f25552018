import { beforeEach, describe, expect, it } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

export function testDeliveries(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    let now = new Date('2026-01-02T10:00:00.000Z');
    beforeEach(() => { now = new Date('2026-01-02T10:00:00.000Z'); });
    const { restart } = openBeforeEach(createFixture, (opened) => { index = opened; }, () => now);
    const delivery = (id: string, destination = 'pacs'): Parameters<StudyIndex['addDelivery']>[0] => ({ id, studyInstanceUID: '1.2.3', sopInstanceUID: `2.25.${id}`, destination });
    const due = async (destination?: string): Promise<readonly string[]> => (await index.dueDeliveries(10, destination)).map(({ id }) => id);

    it('are due at once, oldest first, and stay as they are when added again', async () => {
      await index.addDelivery(delivery('1'));
      await index.addDelivery(delivery('2', 'emr'));
      expect(await due()).toEqual(['1', '2']);
      expect(await due('emr')).toEqual(['2']);
      await index.updateDelivery('1', { state: 'sent', attempts: 1 });
      await index.addDelivery(delivery('1'));
      expect(await due()).toEqual(['2']);
      expect(await index.delivery('1')).toEqual({ ...delivery('1'), state: 'sent', attempts: 1, refusals: 0, confirmationAttempts: 0, sentAt: now.toISOString(), createdAt: now.toISOString(), updatedAt: now.toISOString() });
      expect(await index.delivery('9')).toBeUndefined();
    });

    it('wait until their next attempt and say what went wrong', async () => {
      await index.addDelivery(delivery('1'));
      await index.updateDelivery('1', { state: 'waiting', attempts: 1, lastError: 'DIMSE_PEER_UNREACHABLE', nextAttemptAt: '2026-01-02T10:05:00.000Z' });
      expect(await due()).toEqual([]);
      now = new Date('2026-01-02T10:05:00.000Z');
      expect(await due()).toEqual(['1']);
      expect(await index.deliveries('1.2.3')).toMatchObject([{ id: '1', attempts: 1, lastError: 'DIMSE_PEER_UNREACHABLE', state: 'waiting' }]);
      await index.updateDelivery('1', { state: 'failed', attempts: 2, lastError: 'no' });
      expect(await due()).toEqual([]);
    });

    it('say from the beginning why they cannot be sent, for now or for good', async () => {
      await index.addDelivery({ ...delivery('1'), role: 'sr', failure: { code: 'A', message: 'off', final: false } });
      await index.addDelivery({ ...delivery('2'), failure: { code: 'B', message: 'nobody', final: true } });
      expect(await index.deliveries('1.2.3')).toMatchObject([
        { id: '1', role: 'sr', state: 'waiting', lastErrorCode: 'A', lastError: 'A: off' }, { id: '2', state: 'failed', lastErrorCode: 'B' },
      ]);
      expect(await due()).toEqual(['1']);
      await index.holdDeliveries('pacs', { code: 'C', message: 'gone' });
      expect((await index.deliveries('1.2.3')).map(({ lastErrorCode }) => lastErrorCode)).toEqual(['C', 'B']);
    });

    it('are asked about when it is time, once per question, and confirmed only while sent', async () => {
      await index.addDelivery(delivery('1'));
      await index.addDelivery(delivery('2'));
      await index.updateDelivery('1', { state: 'sent', attempts: 1, confirmAt: '2026-01-02T10:00:05.000Z' });
      await index.updateDelivery('2', { state: 'sent', attempts: 1 });
      const asked = async (): Promise<readonly string[]> => (await index.dueConfirmations(10, 'pacs')).map(({ id }) => id);
      expect(await asked()).toEqual([]);
      now = new Date('2026-01-02T10:00:05.000Z');
      expect(await asked()).toEqual(['1']);
      await index.beginConfirmation(['1'], { nextAt: '2026-01-02T10:15:00.000Z', transactionUID: '2.25.77' });
      expect(await asked()).toEqual([]);
      expect(await index.transactionDeliveries('2.25.77')).toMatchObject([{ id: '1', state: 'sent', confirmationAttempts: 1, confirmationDueAt: '2026-01-02T10:15:00.000Z' }]);
      expect(await index.transactionDeliveries('2.25.78')).toEqual([]);
      await index.postponeConfirmation('1', { lastErrorCode: 'X', lastError: 'X: no' });
      expect(await index.delivery('1')).toMatchObject({ state: 'sent', lastErrorCode: 'X' });
      expect((await index.delivery('1'))!.confirmationDueAt).toBeUndefined();
      await index.confirmDelivery('1');
      expect(await index.delivery('1')).toMatchObject({ state: 'confirmed', confirmedAt: now.toISOString() });
      expect((await index.delivery('1'))!.lastErrorCode).toBeUndefined();
      await index.updateDelivery('2', { state: 'waiting', attempts: 2 });
      await index.confirmDelivery('2');
      expect(await index.delivery('2')).toMatchObject({ state: 'waiting' });
    });

    it('are sent again one by one, by study, by destination and by state', async () => {
      for (const [id, destination, state] of [['1', 'pacs', 'failed'], ['2', 'pacs', 'sent'], ['3', 'emr', 'failed']] as const) {
        await index.addDelivery(delivery(id, destination));
        await index.updateDelivery(id, { state, attempts: 5, lastErrorCode: 'X', lastError: 'X: no' });
      }
      await index.addDelivery({ ...delivery('4', 'emr'), studyInstanceUID: '1.2.4' });
      await index.updateDelivery('4', { state: 'failed', attempts: 5 });
      expect(await index.deliverySummaries()).toMatchObject([
        { destination: 'emr', counts: { waiting: 0, sent: 0, confirmed: 0, failed: 2 }, lastErrorCode: 'X' },
        { destination: 'pacs', counts: { waiting: 0, sent: 1, confirmed: 0, failed: 1 }, lastSentAt: now.toISOString() },
      ]);
      expect(await index.resendDeliveries({ id: '9' })).toBe(0);
      expect(await index.resendDeliveries({ studyInstanceUID: '1.2.3', destination: 'emr', states: ['failed'] })).toBe(1);
      expect(await due()).toEqual(['3']);
      expect(await index.delivery('3')).toMatchObject({ state: 'waiting', attempts: 0 });
      await index.addDelivery(delivery('5'));
      await index.supersedeDeliveries(['5']);
      expect(await index.resendDeliveries({ destination: 'pacs' })).toBe(2);
      expect(await index.delivery('5')).toMatchObject({ state: 'failed' });
      expect(await due()).toEqual(['1', '2', '3']);
      expect((await index.deliverySummaries()).map(({ counts }) => counts.waiting)).toEqual([1, 2]);
    });

    it('of superseded objects are neither sent nor asked about, whatever becomes known of them', async () => {
      for (const id of ['waiting', 'sending', 'given up', 'sent', 'kept', 'lost']) await index.addDelivery(delivery(id));
      for (const id of ['sent', 'kept', 'lost']) await index.updateDelivery(id, { state: 'sent', attempts: 1, confirmAt: '2026-01-02T10:00:00.000Z' });
      await index.updateDelivery('given up', { state: 'failed', attempts: 5, lastErrorCode: 'X', lastError: 'X: no' });
      await index.startDeliveries(['sending']);
      expect(await index.supersedeDeliveries(['waiting', 'sending', 'given up', 'sent', 'kept', 'lost'])).toEqual(['waiting', 'sending']);
      // Answers that were on their way.
      await index.updateDelivery('sending', { state: 'sent', attempts: 1, confirmAt: '2026-01-02T10:00:00.000Z' });
      await index.updateDelivery('given up', { state: 'failed', attempts: 6, lastErrorCode: 'Y', lastError: 'Y: no' });
      await index.postponeConfirmation('sent', { nextAt: '2026-01-02T10:00:00.000Z', lastErrorCode: 'Z', lastError: 'Z: no' });
      await index.confirmDelivery('kept');
      await index.updateDelivery('lost', { state: 'waiting', attempts: 1, refusals: 1, lastErrorCode: 'DELIVERY_NOT_CONFIRMED', lastError: 'x' });
      expect((await index.deliveries('1.2.3')).map(({ id, state, lastErrorCode }) => `${id}: ${state} ${lastErrorCode}`)).toEqual([
        'waiting: failed', 'sending: sent', 'given up: failed', 'sent: sent', 'kept: confirmed', 'lost: sent',
      ].map((line) => `${line} DELIVERY_SUPERSEDED`));
      expect(await due()).toEqual([]);
      expect(await index.dueConfirmations(10, 'pacs')).toEqual([]);
      expect((await index.deliverySummaries())[0]!.lastErrorCode).toBeUndefined();
      expect(await index.resendDeliveries({ studyInstanceUID: '1.2.3' })).toBe(0);
      expect(await index.resendDeliveries({ id: 'lost' })).toBe(1);
      expect(await due()).toEqual(['lost']);
    });

    it('survive a restart', async () => {
      await index.addDelivery(delivery('1'));
      await restart();
      expect(await due()).toEqual(['1']);
    });
  });
}
