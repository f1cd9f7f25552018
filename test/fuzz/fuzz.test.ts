/** A short run of `npm run fuzz`, and everything that ever went wrong. */
import { describe, expect, it } from 'vitest';
import { corpusOf, fuzz, tryInput } from './fuzz.ts';
import { targets } from './targets.ts';

describe.each(targets)('$name', (target) => {
  it('takes every seed', async () => {
    for (const seed of target.seeds) expect(await tryInput({ ...target, alsoAllowed: () => false }, seed)).toBeUndefined();
  });

  it('takes or refuses what once went wrong', async () => {
    for (const input of await corpusOf(target.name)) expect(await tryInput(target, input)).toBeUndefined();
  });

  it('takes or refuses whatever it is given', async () => {
    const { tried, finding } = await fuzz(target, 1500, 20_260_301);
    expect(finding && { ...finding, input: Buffer.from(finding.input).toString('base64') }).toBeUndefined();
    expect(tried).toBe(1500);
  }, 120_000);
});
