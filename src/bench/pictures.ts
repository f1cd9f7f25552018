/** Small pictures of a place in a volume, in three planes, for a report: pixels alone, nothing of a header. */
import sharp from 'sharp';
import { voxelSteps, worldToIndex } from '../volume/geometry.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { dot, invertColumns } from '../volume/vec3.ts';

export interface PictureRequest {
  /** LPS mm. */
  readonly worldPoint: Vec3;
  /** Of the circle that is drawn; none when absent. */
  readonly diameterMm?: number;
  /** The circle's colour tells a missed nodule from a false mark. */
  readonly kind: 'missed' | 'false-positive';
}

const panelPixels = 176;
const fieldMm = 56;
const gapPixels = 3;
const lungWindow = { low: -1350, width: 1500 };
const colours = { 'missed': '#35c46a', 'false-positive': '#f5a623' } as const;

/** Right and down on each panel, LPS: as a radiologist looks at them. */
const planes: readonly { readonly right: Vec3; readonly down: Vec3; readonly label: string }[] = [
  { right: [1, 0, 0], down: [0, 1, 0], label: 'axial' },
  { right: [1, 0, 0], down: [0, 0, -1], label: 'coronal' },
  { right: [0, 1, 0], down: [0, 0, -1], label: 'sagittal' },
];

function grey(hu: number): number {
  return Math.min(255, Math.max(0, Math.round(((hu - lungWindow.low) / lungWindow.width) * 255)));
}

/** Trilinear, black outside the volume. */
function sample({ geometry: { columns, rows, slices }, hu }: Volume, [i, j, k]: Vec3): number {
  if (!(i >= 0 && j >= 0 && k >= 0 && i <= columns - 1 && j <= rows - 1 && k <= slices - 1)) return -1350;
  const [i0, j0, k0] = [Math.floor(i), Math.floor(j), Math.floor(k)];
  let sum = 0;
  for (let corner = 0; corner < 8; corner += 1) {
    const [di, dj, dk] = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const weight = (di ? i - i0 : 1 - (i - i0)) * (dj ? j - j0 : 1 - (j - j0)) * (dk ? k - k0 : 1 - (k - k0));
    if (weight > 0) sum += weight * hu[((k0 + dk) * rows + j0 + dj) * columns + i0 + di]!;
  }
  return sum;
}

function overlay({ diameterMm, kind }: PictureRequest, width: number): string {
  const radius = Math.max(7, ((diameterMm ?? 0) / 2 + 2) * panelPixels / fieldMm);
  const marks = planes.map(({ label }, n) => {
    const left = n * (panelPixels + gapPixels);
    const [cx, cy] = [left + panelPixels / 2, panelPixels / 2];
    return `<circle cx="${cx}" cy="${cy}" r="${Math.min(radius, panelPixels / 2 - 4).toFixed(1)}" fill="none" stroke="${colours[kind]}" stroke-width="1.6"/>`
      + `<text x="${left + 6}" y="${panelPixels - 7}" font-family="sans-serif" font-size="12" fill="#d5dde3" stroke="#000" stroke-width="2.5" paint-order="stroke">${label}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${panelPixels}">${marks.join('')}</svg>`;
}

/** Axial, coronal and sagittal, 56 mm a side, as a JPEG data URI. */
export async function drawPicture(volume: Volume, request: PictureRequest): Promise<string> {
  const width = planes.length * panelPixels + (planes.length - 1) * gapPixels;
  const pixels = Buffer.alloc(width * panelPixels, 24);
  const inverse = invertColumns(voxelSteps(volume.geometry));
  const stepMm = fieldMm / panelPixels;
  const start = worldToIndex(volume.geometry, request.worldPoint);
  const indexStep = (direction: Vec3): Vec3 => [dot(inverse[0], direction) * stepMm, dot(inverse[1], direction) * stepMm, dot(inverse[2], direction) * stepMm];
  planes.forEach(({ right, down }, n) => {
    const r = indexStep(right);
    const d = indexStep(down);
    for (let y = 0; y < panelPixels; y += 1) {
      for (let x = 0; x < panelPixels; x += 1) {
        const [a, b] = [x + 0.5 - panelPixels / 2, y + 0.5 - panelPixels / 2];
        const index: Vec3 = [start[0] + a * r[0] + b * d[0], start[1] + a * r[1] + b * d[1], start[2] + a * r[2] + b * d[2]];
        pixels[y * width + n * (panelPixels + gapPixels) + x] = grey(sample(volume, index));
      }
    }
  });
  const jpeg = await sharp(pixels, { raw: { width, height: panelPixels, channels: 1 } }).toColourspace('srgb')
    .composite([{ input: Buffer.from(overlay(request, width)) }]).jpeg({ quality: 86 }).toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}
