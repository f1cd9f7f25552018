/** What the comparison of two examinations needs of each. */
import type { Finding, FindingsDocument, WorldPoint } from '../findings/types.ts';

/** The AI's findings, or reviewed ones; what a reader rejected is left out. */
export type ComparedFinding = Pick<
  Finding,
  'trackingUID' | 'worldPoint' | 'longAxisMm' | 'shortAxisMm' | 'volumeMm3' | 'laterality' | 'lobe' | 'notes'
> & {
  /** True where a reader changed or drew the measurement: its volume, if any, is not that of the axes. */
  readonly isEdited?: boolean;
};

export interface Examination {
  readonly studyInstanceUID: string;
  /** Of the acquisition, YYYYMMDD. */
  readonly date: string;
  readonly findings: readonly ComparedFinding[];
  /** Smallest box around both lungs, LPS mm; absent when it is not known. */
  readonly lungBox?: readonly [low: WorldPoint, high: WorldPoint];
  /** First and last slice, z in LPS mm, low to high. Without it nothing can be said to be new against this examination. */
  readonly coverageMm?: readonly [low: number, high: number];
  readonly sliceThicknessMm?: number;
  /** What measured the volumes (model and version): volumes of two methods give no doubling time. */
  readonly method?: string;
}

/** The geometry that an analysis left in its findings document; parts that an older version did not write are absent. */
export function geometryOf(document: Pick<FindingsDocument, 'quality' | 'model'>): Pick<Examination, 'lungBox' | 'coverageMm' | 'sliceThicknessMm' | 'method'> {
  const { quality, model } = document;
  const value = (name: string): number | undefined => typeof quality[name] === 'number' && Number.isFinite(quality[name]) ? quality[name] : undefined;
  const corner = (which: 'Low' | 'High'): WorldPoint | undefined => {
    const [x, y, z] = [value(`lung${which}XMm`), value(`lung${which}YMm`), value(`lung${which}ZMm`)];
    return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
  };
  const [low, high, from, to, thickness] = [corner('Low'), corner('High'), value('scanLowZMm'), value('scanHighZMm'), value('sliceThicknessMm')];
  return {
    ...(low === undefined || high === undefined ? {} : { lungBox: [low, high] }),
    ...(from === undefined || to === undefined ? {} : { coverageMm: [from, to] }),
    ...(thickness === undefined ? {} : { sliceThicknessMm: thickness }),
    method: `${model.id}|${model.version}|${model.sha256}`,
  };
}
