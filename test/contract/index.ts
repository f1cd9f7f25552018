/** What every study index must do; each implementation runs it through its own factory. */
import type { StudyIndex } from '../../src/index/port.ts';
import { testConflicts } from './index-conflicts.ts';
import { testDashboard } from './index-dashboard.ts';
import { testDeliveries } from './index-deliveries.ts';
import { testQido } from './index-qido.ts';
import { testStudies } from './index-studies.ts';
import { testShadows } from './index-shadows.ts';
import { testSites } from './index-sites.ts';
import { testRetention } from './index-retention.ts';
import { testReviews } from './reviews.ts';
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
  testShadows(`${name}: shadows`, createFixture);
  testSites(`${name}: sites`, createFixture);
  testRetention(`${name}: retention`, createFixture);
  testReviews(`${name}: readings`, createFixture);
  testDashboard(`${name}: dashboard`, createFixture);
}
