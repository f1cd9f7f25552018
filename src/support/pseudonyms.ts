/** Replacements for whatever could name a person, a place or a machine: equal originals get equal ones within one bundle. */
import { createHmac, randomBytes } from 'node:crypto';

export type Pseudonym = (original: string) => string;

/** The salt is kept nowhere: nobody, its maker included, can try names against a bundle later, nor join two bundles. */
export function createPseudonym(): Pseudonym {
  const salt = randomBytes(32);
  return (original) => (original === '' ? '' : `~${createHmac('sha256', salt).update(original).digest('hex').slice(0, 12)}`);
}
