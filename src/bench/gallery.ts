/** Which places are worth a look: the surest false marks, and the largest nodules that were missed. */
import type { BenchJob } from './messages.ts';
import type { ModelFigures } from './figures.ts';
import type { PictureRequest } from './pictures.ts';
import type { BenchCase, BenchModel, Truth } from './types.ts';

export interface GalleryItem extends PictureRequest {
  readonly modelId: string;
  /** Place of the series in the list. */
  readonly series: number;
  /** Of the false mark, or the best that hit the nodule; null where nothing did. */
  readonly probability: number | null;
  readonly type?: string;
  readonly location?: string;
}

export interface GalleryEntry extends GalleryItem {
  /** Data URI; null where the picture could not be made. */
  readonly picture: string | null;
}

const pointOf = (world: Float64Array, at: number): readonly [number, number, number] => [world[3 * at]!, world[3 * at + 1]!, world[3 * at + 2]!];

/** `most` of each kind. A nodule counts as missed below the operating point, unless its scan was not analysed at all. */
export function chooseGallery(figures: ModelFigures, truth: Truth, most: number): readonly GalleryItem[] {
  const { model, matching, data, results } = figures;
  const falseMarks = matching.entries.filter(({ isNodule, probability }) => !isNodule && probability >= model.operatingPoint)
    .sort((a, b) => b.probability - a.probability).slice(0, most)
    .map(({ series, point, probability }): GalleryItem => {
      const first = results[series]!.marks.find(([x, y, z, p]) => p === probability && x === data.marks.world[3 * point] && y === data.marks.world[3 * point + 1] && z === data.marks.world[3 * point + 2]);
      return { modelId: model.id, kind: 'false-positive', series, worldPoint: pointOf(data.marks.world, point), probability, ...(first?.[4] != null && { diameterMm: first[4] }) };
    });
  const missed: GalleryItem[] = [];
  truth.series.ids.forEach((_, series) => {
    if (results[series]?.outcome.status !== 'analysed') return;
    for (const nodule of truth.included.order.subarray(truth.included.start[series], truth.included.start[series + 1])) {
      const probability = matching.noduleProbability[nodule]!;
      if (probability >= model.operatingPoint) continue;
      const diameterMm = truth.included.value[nodule]!;
      missed.push({
        modelId: model.id, kind: 'missed', series, worldPoint: pointOf(truth.included.world, nodule), probability: Number.isNaN(probability) ? null : probability,
        ...(diameterMm > 0 && { diameterMm }), ...(truth.labels.type[nodule] && { type: truth.labels.type[nodule] }), ...(truth.labels.location[nodule] && { location: truth.labels.location[nodule] }),
      });
    }
  });
  missed.sort((a, b) => (b.diameterMm ?? 0) - (a.diameterMm ?? 0));
  return [...falseMarks, ...missed.slice(0, most)];
}

/**
 * One job for each case and what a model accepts: a case is opened once for all models that saw the same images of it,
 * and again for one that chose others.
 */
export function pictureJobs(
  items: readonly GalleryItem[], cases: readonly BenchCase[], models: readonly BenchModel[],
): readonly { readonly job: Extract<BenchJob, { kind: 'pictures' }>; readonly items: readonly GalleryItem[] }[] {
  const acceptsOf = new Map(models.map(({ id, accepts }) => [id, accepts]));
  const groups = new Map<string, GalleryItem[]>();
  for (const item of items) {
    const key = JSON.stringify([item.series, acceptsOf.get(item.modelId)]);
    groups.set(key, [...groups.get(key) ?? [], item]);
  }
  return [...groups.values()].sort(([a], [b]) => a!.series - b!.series).map((own) => ({
    items: own,
    job: {
      kind: 'pictures', source: cases[own[0]!.series]!.source, accepts: acceptsOf.get(own[0]!.modelId)!,
      pictures: own.map(({ worldPoint, diameterMm, kind }) => ({ worldPoint, kind, ...(diameterMm !== undefined && { diameterMm }) })),
    },
  }));
}
