import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noteText, statesVolume } from '../../src/findings/notes.ts';
import { projectRoot } from '../../src/settings.ts';

/** Notes as the code that measures writes them. */
async function emittedNotes(): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const folder of ['src/findings', 'src/inference']) {
    for (const name of await readdir(join(projectRoot, folder))) {
      if (!name.endsWith('.ts') || name === 'notes.ts') continue;
      const source = await readFile(join(projectRoot, folder, name), 'utf8');
      for (const line of source.split('\n').filter((text) => /\bnotes\b/u.test(text))) {
        for (const [, note] of line.matchAll(/'([a-z]+(?:-[a-z]+)*)'/gu)) found.add(note!);
      }
    }
  }
  return [...found];
}

describe('notes on a finding', () => {
  it('each have a sentence in both languages', async () => {
    const emitted = await emittedNotes();
    expect(emitted).toEqual(expect.arrayContaining(['leaked', 'at-scan-edge', 'not-segmented', 'gap-nearby']));
    for (const note of emitted) {
      expect(noteText(note).en, note).toMatch(/\.$/u);
      expect(noteText(note).vi, note).not.toBe(noteText(note).en);
    }
  });

  it('withhold a volume that was not measured, and only that', () => {
    expect(statesVolume({})).toBe(true);
    expect(statesVolume({ notes: ['leaked'] })).toBe(true);
    expect(statesVolume({ notes: ['leaked', 'gap-nearby'] })).toBe(false);
    expect(statesVolume({ notes: ['not-segmented'] })).toBe(false);
    expect(statesVolume({ notes: ['at-scan-edge'] })).toBe(false);
  });

  it('that nobody has worded are shown as they are', () => {
    expect(noteText('something-new')).toEqual({ en: 'something-new', vi: 'something-new' });
  });
});
