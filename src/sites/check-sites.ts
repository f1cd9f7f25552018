/** What the schema cannot say about the settings of sites. */
import { isAddressRule } from '../dimse/negotiation.ts';
import type { Site } from './settings.ts';

/** Where and what; undefined when nothing is wrong. */
export function mistakeInSites(sites: readonly Site[]): string | undefined {
  const seen = new Set<string>();
  for (const { name, senders } of sites) {
    if (seen.has(name)) return `${name}: there are two sites of this name`;
    seen.add(name);
    const wrong = senders.find(({ address }) => address !== undefined && !isAddressRule(address));
    if (wrong?.address !== undefined) return `${name}.senders: ${wrong.address} is neither an IP address nor a network such as 10.1.0.0/16`;
  }
  return undefined;
}
