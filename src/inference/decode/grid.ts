/** Cubes on one grid of cells, with anchors that differ in size only. */
import type { Triple } from '../../volume/lps-grid.ts';
import { inverse, toProbability } from '../activation.ts';
import type { GridOutput } from '../manifest/output.ts';
import { cellCentre, cellsOf, finite, guardCount, shaped, type Hit, type Sample } from './hit.ts';

const values = 5;

/** @throws AppError `MODEL_OUTPUT_INVALID`. */
export function decodeGrid(output: GridOutput, { results, n, batch, window, spacingMm, threshold }: Sample): readonly Hit[] {
  const { name, layout, stride, anchorsMm, activation } = output;
  const cells = cellsOf(window, stride);
  const plane = cells[0] * cells[1] * cells[2];
  const anchors = anchorsMm.length;
  const data = shaped(name, results.get(name), layout === 'channels-last' ? [batch, ...cells, anchors, values] : [batch, anchors * values, ...cells]);
  const at = layout === 'channels-last'
    ? (cell: number, anchor: number, value: number): number => data[((n * plane + cell) * anchors + anchor) * values + value] as number
    : (cell: number, anchor: number, value: number): number => data[((n * anchors + anchor) * values + value) * plane + cell] as number;
  const first = output.cellCentre ?? cellCentre([0, 0, 0], stride);
  const lowest = inverse(threshold, activation);
  const hits: Hit[] = [];
  for (let cell = 0; cell < plane; cell++) {
    anchorsMm.forEach((anchorMm, anchor) => {
      const raw = at(cell, anchor, 0);
      if (raw < lowest) return;
      const score = toProbability(raw, activation, name);
      const place: Triple = [Math.floor(cell / (cells[1] * cells[2])), Math.floor(cell / cells[2]) % cells[1], cell % cells[2]];
      const centre = (axis: 0 | 1 | 2): number => first[axis] + place[axis] * stride[axis] + (at(cell, anchor, 1 + axis) * anchorMm) / spacingMm[axis];
      const index: Triple = [centre(0), centre(1), centre(2)];
      const diameterMm = Math.exp(at(cell, anchor, 4)) * anchorMm;
      finite([...index, diameterMm], `a cube of ${name}`);
      hits.push({ cell: cellCentre(place, stride), index, score, diameterMm, sizeVoxels: [diameterMm / spacingMm[0], diameterMm / spacingMm[1], diameterMm / spacingMm[2]] });
      guardCount(hits.length);
    });
  }
  return hits;
}
