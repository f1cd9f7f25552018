/** The limit of associations at a time. A full house gives up whoever has idled longest before it turns anybody away. */
export interface Place {
  /** Between two messages from now on. */
  idle(): void;
  /** A message is being worked on. */
  busy(): void;
  leave(): void;
}

export interface Places {
  /** Undefined when all places, or all of this peer, are taken by associations that are at work or have only just paused. */
  enter(giveUp: () => void, peer?: { readonly name: string; readonly limit: number }): Place | undefined;
}

/** `idleLongEnoughMs`: an association that paused for less is never given up for another. */
export function createPlaces(limit: number, idleLongEnoughMs: number, now: () => number = () => performance.now()): Places {
  interface Taken {
    idleSince: number;
    readonly giveUp: () => void;
    readonly peer: string | undefined;
  }
  const taken = new Set<Taken>();

  /** Gives up the longest idle one of those given, if it has idled long enough. */
  function makeRoom(among: readonly Taken[]): void {
    let longest: Taken | undefined;
    for (const entry of among) if (longest === undefined || entry.idleSince < longest.idleSince) longest = entry;
    if (longest === undefined || now() - longest.idleSince < idleLongEnoughMs) return;
    taken.delete(longest);
    longest.giveUp();
  }

  return {
    enter(giveUp, peer) {
      const ofPeer = (): readonly Taken[] => (peer === undefined ? [] : [...taken].filter((entry) => entry.peer === peer.name));
      if (peer !== undefined && ofPeer().length >= peer.limit) makeRoom(ofPeer());
      if (peer !== undefined && ofPeer().length >= peer.limit) return undefined;
      if (taken.size >= limit) makeRoom([...taken]);
      if (taken.size >= limit) return undefined;
      const entry: Taken = { idleSince: Number.POSITIVE_INFINITY, giveUp, peer: peer?.name };
      taken.add(entry);
      return {
        idle: () => { entry.idleSince = now(); },
        busy: () => { entry.idleSince = Number.POSITIVE_INFINITY; },
        leave: () => { taken.delete(entry); },
      };
    },
  };
}
