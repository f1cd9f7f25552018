/** Pictures and documents in both languages, each told apart, for destinations that differ. */
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { packObject } from '../../src/analysis/job.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { picturedInput } from './pictured.ts';

it('both: every picture and document once in each language, the reports once', async () => {
  const shape = async (language: 'en' | 'vi' | 'both') => {
    const objects = await buildResultObjects(picturedInput(undefined, { language, pdf: true }));
    expect(new Set(objects.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(objects.length);
    return objects.map(packObject).map(({ role, language: of }) => `${role} ${of ?? ''}`).sort();
  };
  const [en, vi, both] = [await shape('en'), await shape('vi'), await shape('both')];
  const inLanguage = (lines: readonly string[]) => lines.filter((line) => !line.endsWith(' '));
  expect(inLanguage(en).length).toBeGreaterThan(2);
  expect(inLanguage(both)).toEqual([...inLanguage(en), ...inLanguage(vi)].sort());
  expect(both.filter((line) => line.endsWith(' '))).toEqual(en.filter((line) => line.endsWith(' ')));
});

it('a destination cannot ask for a language that nothing is made in', () => {
  const settings = (made: string) => JSON.stringify({
    results: { language: made }, destinations: [{ name: 'pacs', kind: 'dimse', host: 'pacs', port: 104, aeTitle: 'PACS', language: 'vi' }],
  });
  expect(() => loadConfig(settings('en'), {})).toThrow(/destinations\.pacs\.language/u);
  expect(loadConfig(settings('vi'), {}).results.language).toBe('vi');
  expect(loadConfig(settings('both'), {}).results.language).toBe('both');
});
