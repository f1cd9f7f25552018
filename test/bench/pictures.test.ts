/** Which way round the pictures of a report are. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../src/bench/pictures.ts';
import type { Vec3, Volume } from '../../src/volume/types.ts';

const side = 64;

/** Air, and a bright block of 6 mm a side so far from the middle; `columnDirection` +1 runs to the patient's left, -1 to the right. */
function volumeWithBlock(offset: Vec3, direction: 1 | -1): Volume {
  const hu = new Int16Array(side ** 3).fill(-1000);
  const centre = (side - 1) / 2;
  for (let k = 0; k < side; k += 1) {
    for (let j = 0; j < side; j += 1) {
      for (let i = 0; i < side; i += 1) {
        const inside = [direction * (i - centre) - offset[0], j - centre - offset[1], k - centre - offset[2]].every((distance) => Math.abs(distance) <= 3);
        if (inside) hu[(k * side + j) * side + i] = 100;
      }
    }
  }
  return {
    hu, slices: [],
    geometry: {
      columns: side, rows: side, slices: side, spacingMm: [1, 1, 1], origin: [-direction * centre, -centre, -centre],
      columnDirection: [direction, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1], frameOfReferenceUID: '',
    },
  };
}

describe('pictures of a place', () => {
  it.each([1, -1] as const)('show left, back and head where a radiologist expects them, columns stored with direction %d', async (direction) => {
    // To the left, the back and the head of the place, near enough in each plane's own depth.
    const panels = [
      { name: 'axial', offset: [12, 16, 0] as const, x: 1, y: 1 },
      { name: 'coronal', offset: [12, 0, 16] as const, x: 1, y: -1 },
      { name: 'sagittal', offset: [0, 12, 16] as const, x: 1, y: -1 },
    ];
    for (const [n, { name, offset, x, y }] of panels.entries()) {
      const picture = await drawPicture(volumeWithBlock(offset, direction), { worldPoint: [0, 0, 0], kind: 'missed' });
      const { data, info } = await sharp(Buffer.from(picture.split(',')[1]!, 'base64')).greyscale().raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 3 * 176 + 2 * 3, height: 176, channels: 1 });
      // 176 pixels are 56 mm.
      const brightness = (signX: number, signY: number): number => data[Math.round(88 + signY * 16 * 176 / 56) * info.width + n * 179 + Math.round(88 + signX * 12 * 176 / 56)]!;
      expect([name, brightness(x, y) > 230]).toEqual([name, true]);
      for (const [a, b] of [[-x, y], [x, -y], [-x, -y]] as const) expect([name, a, b, brightness(a, b) < 90]).toEqual([name, a, b, true]);
    }
  });
});
