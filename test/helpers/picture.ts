/** The pictures of the README, small enough for a repository: as WebP, pages without loss and of few colours, images of CT with loss. */
import { stat } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { expect } from 'vitest';

const maxBytes = 150 * 1024;

/** Expects the file to be small. `colours`: of a page; 16 do for letters on flat grounds. Without it the picture is of a CT. */
export async function writePicture(picture: Sharp, path: string, colours?: number): Promise<void> {
  if (colours === undefined) await picture.webp({ quality: 70, effort: 6, smartSubsample: true }).toFile(path);
  else await sharp(await picture.png({ palette: true, colours, dither: 0 }).toBuffer()).webp({ lossless: true, effort: 6 }).toFile(path);
  expect((await stat(path)).size).toBeLessThan(maxBytes);
}
