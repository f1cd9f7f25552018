/** Boxes that the graph has decoded itself. */
import { AppError } from '../../errors.ts';
import type { Triple } from '../../volume/lps-grid.ts';
import { toProbability } from '../activation.ts';
import type { DetectionsOutput } from '../manifest/output.ts';
import type { TensorData } from '../session.ts';
import { boxDiameterMm, finite, guardCount, type Hit, type Sample } from './hit.ts';

function listed(name: string, tensor: TensorData | undefined, width: number, count?: number): Float32Array {
  const fits = tensor && tensor.data.length % width === 0 && (count === undefined || tensor.data.length === count * width) && (width === 1 || tensor.dims.at(-1) === width);
  if (!fits) throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} has shape [${tensor?.dims.join(', ') ?? ''}], expected ${count ?? 'K'} x ${width}`);
  return tensor.data;
}

/** @throws AppError `MODEL_OUTPUT_INVALID`. */
export function decodeDetections(output: DetectionsOutput, { results, spacingMm, threshold }: Sample): readonly Hit[] {
  const { boxes, scores, labels, diameter } = output;
  const box = listed(boxes.name, results.get(boxes.name), 6);
  const count = box.length / 6;
  guardCount(count);
  const score = listed(scores.name, results.get(scores.name), 1, count);
  const label = labels && listed(labels.name, results.get(labels.name), 1, count);
  const hits: Hit[] = [];
  for (let n = 0; n < count; n++) {
    if (labels && label?.[n] !== labels.nodule) continue;
    const probability = toProbability(score[n] as number, scores.activation, scores.name);
    if (probability < threshold) continue;
    const value = (at: number): number => box[n * 6 + at] as number;
    const corners = boxes.format === 'corners';
    const centre = (axis: 0 | 1 | 2): number => (corners ? (value(axis) + value(axis + 3)) / 2 : value(axis));
    const side = (axis: 0 | 1 | 2): number => (corners ? value(axis + 3) - value(axis) : value(axis + 3));
    const index: Triple = [centre(0), centre(1), centre(2)];
    const sizeVoxels: Triple = [side(0), side(1), side(2)];
    finite([...index, ...sizeVoxels], `a box of ${boxes.name}`);
    if (sizeVoxels.some((size) => size <= 0)) continue;
    hits.push({ cell: index, index, score: probability, sizeVoxels, diameterMm: boxDiameterMm(sizeVoxels, spacingMm, diameter) });
  }
  return hits;
}
