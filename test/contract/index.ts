/** What every study index must do; each implementation runs it through its own factory. */
import type { StudyIndex } from '../../src/index/port.ts';
import { testConflicts } from './index-conflicts.ts';
import { testDeliveries } from './index-deliveries.ts';
import { testQido } from './index-qido.ts';
import { testStudies } from './index-studies.ts';
import { testWorklist } from './index-worklist.ts';

export interface IndexFixture {
  /** The same index again each time, as after a restart; `now` is its clock. */
  open(now?: () => Date): Promise<StudyIndex>;
  dispose(): Promise<void>;
}

export type CreateIndexFixture = () => Promise<IndexFixture>;

export function testStudyIndex(name: string, createFixture: CreateIndexFixture): void {
  testStudies(`${name}: studies`, createFixture);
  testConflicts(`${name}: duplicates and conflicts`, createFixture);
  testQido(`${name}: QIDO`, createFixture);
  testWorklist(`${name}: worklist`, createFixture);
  testDeliveries(`${name}: deliveries`, createFixture);
}
