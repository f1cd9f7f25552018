import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import type { CreateIndexFixture, IndexFixture } from './index.ts';

export function testDeliveries(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let fixture: IndexFixture;
    let index: StudyIndex;
    let now = new Date('2026-01-02T10:00:00.000Z');
    beforeEach(async () => {
      now = new Date('2026-01-02T10:00:00.000Z');
      fixture = await createFixture();
      index = await fixture.open(() => now);
    });
    afterEach(async () => {
      await index.close();
      await fixture.dispose();
    });
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
      expect(await index.delivery('1')).toEqual({ ...delivery('1'), state: 'sent', attempts: 1, updatedAt: now.toISOString() });
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

    it('survive a restart', async () => {
      await index.addDelivery(delivery('1'));
      await index.close();
      index = await fixture.open(() => now);
      expect(await due()).toEqual(['1']);
    });
  });
}
