import { expect, test } from 'vitest';
import type { WorklistItem, WorklistPage } from '../../viewer/api/types.ts';
import { pageSize, studyPages, type StudyPages } from '../../viewer/worklist/study-pages.ts';

interface Asked {
  readonly offset: number;
  answer(page: WorklistPage): Promise<void>;
}

const item = (studyInstanceUID: string, instanceCount = 1): WorklistItem => ({ studyInstanceUID, instanceCount }) as WorklistItem;
const page = (...items: readonly WorklistItem[]): WorklistPage => ({ total: 3 * pageSize, items });

/** Every request waits for its answer; an answer has been taken in when its promise resolves. */
function open(): { readonly pages: StudyPages; readonly asked: readonly Asked[] } {
  const asked: Asked[] = [];
  const pages = studyPages((offset) => new Promise((resolve) => {
    asked.push({ offset, answer: async (given) => { resolve(given); await new Promise<void>((done) => { setImmediate(done); }); } });
  }), (apply) => { apply(); }, (error) => { throw error; });
  return { pages, asked };
}

test('an answer that was asked for before the list was loaded anew does not replace what is newer', async () => {
  const { pages, asked } = open();
  pages.need(pageSize, pageSize);
  pages.refresh(pageSize, pageSize);
  await asked[1]!.answer(page(item('new')));
  await asked[0]!.answer(page(item('old')));
  expect(pages.item(pageSize)?.studyInstanceUID).toBe('new');
});

test('what was asked for before, and is not in the new list, is asked for again', async () => {
  const { pages, asked } = open();
  pages.need(2 * pageSize, 2 * pageSize);
  pages.refresh(0, 0);
  await asked[1]!.answer(page(item('head')));
  await asked[0]!.answer(page(item('moved since')));
  expect(pages.item(2 * pageSize)).toBeUndefined();
  expect(asked.map(({ offset }) => offset)).toEqual([2 * pageSize, 0, 2 * pageSize]);
  await asked[2]!.answer(page(item('tail')));
  expect(pages.item(2 * pageSize)?.studyInstanceUID).toBe('tail');
});

test('a record that came while the list was under way is not overwritten by the older one in it', async () => {
  const { pages, asked } = open();
  pages.refresh(0, 0);
  await asked[0]!.answer(page(item('a', 1)));
  pages.refresh(0, 0);
  pages.replace(item('a', 2));
  await asked[1]!.answer(page(item('a', 1)));
  expect(pages.item(0)?.instanceCount).toBe(2);
  pages.refresh(0, 0);
  await asked[2]!.answer(page(item('a', 3)));
  expect(pages.item(0)?.instanceCount).toBe(3);
});
