/**
 * To which site a study belongs that is received for the first time. Who sends goes before what the images say: a
 * sender is on the list of peers, an Institution Name is only typed in at a console.
 */
import { addressMatches, plainAddress } from '../dimse/negotiation.ts';
import type { FindSite } from '../study/types.ts';
import type { Site } from './settings.ts';

const folded = (name: string): string => name.trim().normalize('NFC').toLowerCase();

function isSender({ aeTitle, address }: Site['senders'][number], { callingAETitle, remoteAddress }: Parameters<FindSite>[0]): boolean {
  return (aeTitle === undefined || aeTitle === callingAETitle)
    && (address === undefined || (remoteAddress !== undefined && addressMatches(address, plainAddress(remoteAddress))));
}

export function createFindSite(sites: readonly Site[]): FindSite {
  return (sender, institutionName) => {
    const isAmong = ({ name }: Site): boolean => sender.sites?.includes(name) ?? true;
    const bySender = sites.find((site) => isAmong(site) && site.senders.some((one) => isSender(one, sender)));
    const institution = folded(institutionName);
    const found = bySender ?? sites.find((site) => isAmong(site) && site.institutionNames.some((name) => folded(name) === institution));
    // Who stores for some sites only stores for the first of them, unless something says for which.
    return found?.name ?? sender.sites?.[0] ?? (sites.length === 0 ? undefined : '');
  };
}
