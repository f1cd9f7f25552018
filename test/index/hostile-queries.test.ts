/** Whatever somebody types into a search box or a query string, the answer is a list, and the index is as before. */
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tag, type Keyword } from '../../src/dicom/tags.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { record } from './records.ts';

let folder: string;
let index: StudyIndex;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-hostile-'));
  index = await openSqliteIndex(join(folder, 'index.sqlite'));
  await index.addInstance(record());
});
afterAll(async () => {
  await index.close();
  await rm(folder, { recursive: true, force: true });
});

const words = ['"', "'", '*', '?', '[', ']', '(', ')', ':', '^', '-', '+', '{', 'NEAR(', ' OR ', ' AND ', ' NOT ', '--', ';', '/*', '\\', ',', '=', '%', '_', '\0', 'đ', 'nguyen', 'ACC', '1.2.3', '2026', '99999999999', 'name', 'rowid', '😀', '\u202e', 'ﬁ'];
const text = fc.oneof(fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((parts) => parts.join('')), fc.string({ maxLength: 20 }));
const keywords: readonly Keyword[] = [
  'PatientName', 'PatientID', 'StudyDate', 'StudyTime', 'StudyInstanceUID', 'AccessionNumber', 'ModalitiesInStudy', 'SOPClassesInStudy', 'NumberOfStudyRelatedInstances',
  'Modality', 'SeriesNumber', 'SeriesInstanceUID', 'NumberOfSeriesRelatedInstances', 'SOPInstanceUID', 'InstanceNumber', 'Rows', 'ImageComments', 'PatientSex', 'InstanceAvailability',
];

it('of the worklist', async () => {
  await fc.assert(fc.asyncProperty(text, async (search) => {
    const { total, items } = await index.worklist({ search, limit: 10, offset: 0 });
    expect(items.length).toBe(total);
  }), { numRuns: 500 });
});

it('of QIDO', async () => {
  const match = fc.dictionary(fc.constantFrom(...keywords.map(tag)), text, { maxKeys: 4 });
  await fc.assert(fc.asyncProperty(match, fc.boolean(), async (keys, fuzzyMatching) => {
    const query = { match: keys, fuzzyMatching, limit: 10, offset: 0 };
    for (const answers of [await index.queryStudies(query), await index.querySeries(query), await index.queryInstances(query)]) expect(answers.length).toBeLessThanOrEqual(1);
  }), { numRuns: 500 });
  expect((await index.worklist({ limit: 10, offset: 0 })).total).toBe(1);
});
