import { normalOf, type Point3, type SliceImage } from './slice-images.ts';

/** Above this share of the usual distance between slices a stack is not a grid any more. */
const unevenShare = 0.02;

/** False where slices are missing, doubled or turned: planes across them would show distances that are not there. */
export function canReformat(images: readonly SliceImage[]): boolean {
  const first = images[0]?.plane;
  if (first === undefined || images.length < 3) return false;
  const { columnDirection: c, rowDirection: r } = first;
  const normal: Point3 = normalOf(first);
  const along: number[] = [];
  for (const { plane, rows, columns } of images) {
    if (plane === undefined || rows !== images[0]?.rows || columns !== images[0].columns) return false;
    const turned = [0, 1, 2].some((axis) => {
      const at = axis as 0 | 1 | 2;
      return Math.abs(plane.columnDirection[at] - c[at]) > 1e-3 || Math.abs(plane.rowDirection[at] - r[at]) > 1e-3;
    });
    if (turned) return false;
    along.push(plane.position[0] * normal[0] + plane.position[1] * normal[1] + plane.position[2] * normal[2]);
  }
  const steps = along.slice(1).map((at, index) => Math.abs(at - (along[index] ?? at)));
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return usual > 0 && steps.every((step) => Math.abs(step - usual) <= Math.max(0.02, usual * unevenShare));
}
