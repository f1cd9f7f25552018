/** Physical nodules as the tables of LUNA16: to be found, or counting neither way. */
import { csvLine } from '../csv-text.ts';
import type { ConvertedSeries } from './convert.ts';
import type { PhysicalNodule } from './consensus.ts';

export interface LunaRule {
  /** So many readers must have outlined a nodule for it to be one that is to be found. */
  readonly readers: number;
  /** And its diameter must be at least this, mm. */
  readonly diameterMm: number;
}

/** Whether it is to be found; everything else that a reader marked counts neither way. */
export function isIncluded({ readers, consensus }: PhysicalNodule, rule: LunaRule): boolean {
  return readers >= rule.readers && (consensus?.diameterMm ?? 0) >= rule.diameterMm;
}

const fixed = (value: number, digits = 4): string => value.toFixed(digits).replace(/(\.\d*?)0+$/u, '$1').replace(/\.$/u, '');

/** `diameter_mm` is that of the ball of the consensus' volume; -1 where no reader outlined it. */
function row({ seriesInstanceUID }: ConvertedSeries, nodule: PhysicalNodule): string {
  const { worldPoint, consensus, type, readers, readersOfAnyMark, ratings } = nodule;
  return csvLine([
    seriesInstanceUID, ...worldPoint.map((value) => fixed(value)), consensus === undefined ? '-1' : fixed(consensus.diameterMm), type ?? '',
    readers, readersOfAnyMark, consensus === undefined ? '' : fixed(consensus.volumeMm3, 1), ratings['malignancy'] ?? '',
  ]);
}

const head = 'seriesuid,coordX,coordY,coordZ,diameter_mm,type,readers,readers_any_mark,volume_mm3,malignancy';

export function lunaTables(series: readonly ConvertedSeries[], rule: LunaRule): Readonly<Record<'annotations.csv' | 'annotations_excluded.csv' | 'seriesuids.csv', string>> {
  const rows = (included: boolean): string => series.flatMap((one) => one.nodules.filter((nodule) => isIncluded(nodule, rule) === included).map((nodule) => row(one, nodule))).join('');
  return {
    'annotations.csv': `${head}\n${rows(true)}`,
    'annotations_excluded.csv': `${head}\n${rows(false)}`,
    'seriesuids.csv': series.map(({ seriesInstanceUID }) => csvLine([seriesInstanceUID])).join(''),
  };
}

/** Everything that was understood, for whoever wants more than the tables. */
export function lidcJson(series: readonly ConvertedSeries[]) {
  return series.map(({ seriesInstanceUID, readers, nodules }) => ({
    seriesInstanceUID, readers,
    nodules: nodules.map(({ worldPoint, marks, readers: outlinedBy, readersOfAnyMark, consensus, ratings, type }) => ({
      worldPoint, readers: outlinedBy, readersOfAnyMark, type: type ?? null, ratings,
      volumeMm3: consensus?.volumeMm3 ?? null, diameterMm: consensus?.diameterMm ?? null,
      marks: marks.map(({ reader, id, kind, characteristics }) => ({ reader, id, kind, characteristics })),
    })),
  }));
}
