import type { Conclusions } from './types.ts';

/** The Lung-RADS category with its modifier, e.g. `4A` or `2S`; undefined where the guideline gives none. */
export function lungRadsCategory({ lungRads }: Conclusions): string | undefined {
  const { outcome, modifiers } = lungRads;
  if (outcome === 'not-applicable' || outcome === 'insufficient-information' || outcome === 'not-rated') return undefined;
  return `${outcome}${modifiers.join('')}`;
}
