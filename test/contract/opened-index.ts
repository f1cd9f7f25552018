import { afterEach, beforeEach } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import type { CreateIndexFixture, IndexFixture } from './index.ts';

export interface OpenedIndex {
  /** Closes the index and opens it again, as a new start of the service does. */
  readonly restart: () => Promise<void>;
}

/** Opens a fresh index before each test of the suite and takes it away afterwards; `use` is given every one that is opened, `now` is its clock. */
export function openBeforeEach(createFixture: CreateIndexFixture, use: (index: StudyIndex) => void, now?: () => Date): OpenedIndex {
  let fixture: IndexFixture;
  let index: StudyIndex;
  async function open(): Promise<void> {
    index = await fixture.open(now);
    use(index);
  }
  beforeEach(async () => {
    fixture = await createFixture();
    await open();
  });
  afterEach(async () => {
    await index.close();
    await fixture.dispose();
  });
  return {
    async restart() {
      await index.close();
      await open();
    },
  };
}
