/** The limit of associations at a time. A full house gives up whoever has idled longest before it turns anybody away. */
export interface Place {
  /** Between two messages from now on. */
  idle(): void;
  /** A message is being worked on. */
  busy(): void;
  leave(): void;
}

export interface Places {
  /** Undefined when all places are taken by associations that are at work or have only just paused. */
  enter(giveUp: () => void): Place | undefined;
}

/** `idleLongEnoughMs`: an association that paused for less is never given up for another. */
export function createPlaces(limit: number, idleLongEnoughMs: number, now: () => number = () => performance.now()): Places {
  interface Taken {
    idleSince: number;
    readonly giveUp: () => void;
  }
  const taken = new Set<Taken>();

  function makeRoom(): void {
    let longest: Taken | undefined;
    for (const entry of taken) if (longest === undefined || entry.idleSince < longest.idleSince) longest = entry;
    if (longest === undefined || now() - longest.idleSince < idleLongEnoughMs) return;
    taken.delete(longest);
    longest.giveUp();
  }

  return {
    enter(giveUp) {
      if (taken.size >= limit) makeRoom();
      if (taken.size >= limit) return undefined;
      const entry: Taken = { idleSince: Number.POSITIVE_INFINITY, giveUp };
      taken.add(entry);
      return {
        idle: () => { entry.idleSince = now(); },
        busy: () => { entry.idleSince = Number.POSITIVE_INFINITY; },
        leave: () => { taken.delete(entry); },
      };
    },
  };
}
