/** Whether the queue moves. A queue may be long and well: what counts is whether anything ends. */
import type { JobState } from '../queue/port.ts';

type Counts = Readonly<Record<JobState, number>>;

export interface QueueWatch {
  /** How many had ended when it was last looked at. */
  readonly ended: number;
  /** When something last ended, or nothing waited; ms since 1970. */
  readonly movedAtMs: number;
}

const endedOf = ({ completed, dead, cancelled }: Counts): number => completed + dead + cancelled;

export function watchQueue(before: QueueWatch | undefined, counts: Counts, nowMs: number): QueueWatch {
  const ended = endedOf(counts);
  const moved = before === undefined || before.ended !== ended || counts.waiting + counts.active === 0;
  // A clock that was set back must not make it look still for longer than it is.
  return { ended, movedAtMs: moved ? nowMs : Math.min(before.movedAtMs, nowMs) };
}
