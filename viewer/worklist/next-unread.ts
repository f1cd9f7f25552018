import { getWorklist } from '../api/client.ts';
import type { WorklistItem } from '../api/types.ts';
import { filterParameters, type WorklistFilter } from './filter.ts';

/** As many may be in other hands without hiding the next free one. */
const looked = 50;
/** Studies before and after the present one whose order is remembered. */
const remembered = 200;

function isFree({ state, review }: WorklistItem): boolean {
  return state !== 'receiving' && state !== 'incomplete' && review.reading === undefined;
}

async function unread(filter: WorklistFilter, reader: string | undefined): Promise<readonly WorklistItem[]> {
  const parameters = filterParameters({ ...filter, reading: 'unread', mine: false }, reader);
  parameters.set('limit', String(looked));
  return (await getWorklist(parameters)).items.filter(isFree);
}

/** The first study of the list that nobody has read or reads now. */
export async function nextUnread(filter: WorklistFilter, reader: string | undefined): Promise<string | undefined> {
  return (await unread(filter, reader))[0]?.studyInstanceUID;
}

/** The way from one study to the next: the order is that of the list when the study was opened, since reading it changes its place. */
export interface Following {
  readonly next: () => Promise<string | undefined>;
}

/**
 * From this study on, further down the list; after its end at the top again. An urgent study that has come since goes
 * before all of them.
 */
export function followingUnread(filter: WorklistFilter, reader: () => string | undefined, current: string): Following {
  let order: Promise<readonly string[]> | undefined;

  async function listed(): Promise<readonly string[]> {
    const parameters = filterParameters({ ...filter, reading: 'any', mine: false }, reader());
    parameters.set('limit', String(remembered));
    return (await getWorklist(parameters)).items.map(({ studyInstanceUID }) => studyInstanceUID);
  }

  return {
    async next() {
      order ??= listed().catch((error: unknown) => {
        order = undefined;
        throw error;
      });
      const known = await order;
      const free = (await unread(filter, reader())).filter(({ studyInstanceUID }) => studyInstanceUID !== current);
      const after = new Set(known.slice(known.indexOf(current) + 1));
      const urgent = free.find(({ priority, studyInstanceUID }) => priority === 'stat' && !known.includes(studyInstanceUID));
      return (urgent ?? free.find(({ studyInstanceUID }) => after.has(studyInstanceUID)) ?? free[0])?.studyInstanceUID;
    },
  };
}
