import { describe, expect, it } from 'vitest';
import type { FindingsDocument } from '../../src/findings/types.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import type { ShadowAgreement } from '../../src/index/shadow-types.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

const champion = { id: 'champion', version: '1.0.0', sha256: 'c' };
const shadow = { id: 'shadow', version: '2.0.0', sha256: 's' };
const findings: FindingsDocument = {
  schemaVersion: '1.0', studyInstanceUID: '1.2', status: 'analysed', warnings: [], seriesAssessments: [], model: { ...shadow, name: 'S' },
  operatingPoint: 0.5, findings: [], quality: {}, timingsMs: {}, inputHash: 'h',
};
const agreement = (both: number, onlyFirst: number): ShadowAgreement => ({
  championJobId: 'c1', champion,
  agreement: { kind: 'compared', both: Array.from({ length: both }, () => ({ trackingUID: '1', otherTrackingUID: '2', awayMm: 1 })), onlyFirst: Array.from({ length: onlyFirst }, String), onlySecond: [] },
});

export function testShadows(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    const { restart } = openBeforeEach(createFixture, (opened) => { index = opened; });
    const result = (studyInstanceUID: string, jobId: string) => ({ studyInstanceUID, jobId, model: shadow, createdAt: `2026-01-0${jobId.length}T00:00:00.000Z`, outcome: { kind: 'done', findings } as const });

    it('are kept by study and job, once, and survive a restart', async () => {
      await index.putShadowResult(result('1.2', 'j'));
      await index.putShadowResult(result('1.2', 'j'));
      await index.putShadowResult({ ...result('1.2', 'jj'), outcome: { kind: 'failed', code: 'MODEL_TIMEOUT' } });
      await index.setShadowAgreement('1.2', 'j', agreement(2, 1));
      await restart();
      expect(await index.shadowResults('1.2')).toEqual([
        { ...result('1.2', 'jj'), outcome: { kind: 'failed', code: 'MODEL_TIMEOUT' } },
        { ...result('1.2', 'j'), compared: agreement(2, 1) },
      ]);
      expect(await index.shadowResults('1.3')).toEqual([]);
      expect(await index.shadowFailures()).toEqual([{ shadow, code: 'MODEL_TIMEOUT', count: 1 }]);
    });

    it('are summed over studies, what cannot be compared apart', async () => {
      expect(await index.shadowTotals()).toEqual([]);
      for (const [study, both, only] of [['1.2', 2, 1], ['1.3', 0, 3]] as const) {
        await index.putShadowResult(result(study, 'j'));
        await index.setShadowAgreement(study, 'j', agreement(both, only));
      }
      await index.putShadowResult(result('1.4', 'j'));
      await index.setShadowAgreement('1.4', 'j', { ...agreement(0, 0), agreement: { kind: 'not-comparable', why: 'other-series' } });
      await index.putShadowResult(result('1.5', 'j'));
      expect(await index.shadowTotals()).toEqual([{ champion, shadow, studies: 2, both: 2, onlyChampion: 4, onlyShadow: 0, notComparable: 1 }]);
      // A later result of the champion replaces the comparison.
      await index.setShadowAgreement('1.3', 'j', { ...agreement(1, 0), championJobId: 'c2' });
      expect(await index.shadowTotals()).toMatchObject([{ both: 3, onlyChampion: 1 }]);
    });
  });
}
