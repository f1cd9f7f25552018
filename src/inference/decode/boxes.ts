/**
 * RetinaNet heads in three dimensions: anchors on every cell of several feature levels (Lin 2017, arXiv:1708.02002), boxes
 * coded as shifts in anchor sizes and logarithms of size ratios (Ren 2015, arXiv:1506.01497).
 */
import type { Triple } from '../../volume/lps-grid.ts';
import { classProbability, inverse } from '../activation.ts';
import type { BoxesOutput } from '../manifest/output.ts';
import { boxDiameterMm, cellCentre, cellsOf, finite, guardCount, shaped, type Hit, type Sample } from './hit.ts';

const defaultMaxLogSize = Math.log(1000 / 16);
const unitWeights = [1, 1, 1, 1, 1, 1] as const;

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Sides of the anchors of a level, as the network was trained with them. */
export function anchorSizes({ roundHalfSizes }: Pick<BoxesOutput, 'roundHalfSizes'>, anchors: readonly Triple[]): readonly Triple[] {
  const side = (size: number): number => (roundHalfSizes === true ? 2 * halfToEven(size / 2) : size);
  return anchors.map(([a, b, c]) => [side(a), side(b), side(c)]);
}

/** @throws AppError `MODEL_OUTPUT_INVALID`. */
export function decodeBoxes(output: BoxesOutput, sample: Sample): readonly Hit[] {
  return output.levels.flatMap((level) => decodeLevel(output, level, sample));
}

function decodeLevel(output: BoxesOutput, level: BoxesOutput['levels'][number], { results, n, batch, window, spacingMm, threshold }: Sample): readonly Hit[] {
  const { activation, classes = 1, nodule = 0, anchorCentre = [0, 0, 0], maxLogSize = defaultMaxLogSize, topPerLevel, diameter } = output;
  const weights = output.weights ?? unitWeights;
  const { stride, classification, regression } = level;
  const anchors = anchorSizes(output, level.anchors);
  const cells = cellsOf(window, stride);
  const plane = cells[0] * cells[1] * cells[2];
  const scores = shaped(classification, results.get(classification), [batch, anchors.length * classes, ...cells]);
  const codes = shaped(regression, results.get(regression), [batch, anchors.length * 6, ...cells]);
  const class_ = { name: classification, activation, channels: classes, channel: nodule };
  const lowest = inverse(threshold, activation);
  const marks: { readonly score: number; readonly anchor: number; readonly cell: number }[] = [];
  for (let anchor = 0; anchor < anchors.length; anchor++) {
    const base = (n * anchors.length + anchor) * classes;
    for (let cell = 0; cell < plane; cell++) {
      if ((scores[(base + nodule) * plane + cell] as number) <= lowest) continue;
      const score = classProbability((c) => scores[(base + c) * plane + cell] as number, class_);
      if (score <= threshold) continue;
      marks.push({ score, anchor, cell });
      guardCount(marks.length);
    }
  }
  marks.sort((a, b) => b.score - a.score || a.cell - b.cell || a.anchor - b.anchor);
  return marks.slice(0, topPerLevel).map(({ score, anchor, cell }): Hit => {
    const at: Triple = [Math.floor(cell / (cells[1] * cells[2])), Math.floor(cell / cells[2]) % cells[1], cell % cells[2]];
    const size = anchors[anchor] ?? [1, 1, 1];
    const code = (value: number): number => (codes[((n * anchors.length + anchor) * 6 + value) * plane + cell] as number) / (weights[value] ?? 1);
    const centre = (axis: 0 | 1 | 2): number => anchorCentre[axis] + at[axis] * stride[axis] + code(axis) * size[axis];
    const side = (axis: 0 | 1 | 2): number => Math.exp(Math.min(maxLogSize, code(axis + 3))) * size[axis];
    const index: Triple = [centre(0), centre(1), centre(2)];
    const sizeVoxels: Triple = [side(0), side(1), side(2)];
    finite([...index, ...sizeVoxels], `a box of ${regression}`);
    return { cell: cellCentre(at, stride), index, score, sizeVoxels, diameterMm: boxDiameterMm(sizeVoxels, spacingMm, diameter) };
  });
}
