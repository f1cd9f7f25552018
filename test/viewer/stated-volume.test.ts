import { expect, test } from 'vitest';
import { statesVolume as inReports } from '../../src/findings/notes.ts';
import { en } from '../../viewer/i18n/en.ts';
import { statesVolume } from '../../viewer/reader/stated-volume.ts';

test('the reader states a volume exactly where the reports do', () => {
  const notes = Object.keys(en).filter((key) => key.startsWith('note.')).map((key) => key.slice('note.'.length));
  expect(notes.length).toBeGreaterThanOrEqual(4);
  for (const note of notes) expect(statesVolume({ notes: [note] }), note).toBe(inReports({ notes: [note] }));
  expect(statesVolume({})).toBe(inReports({}));
});
