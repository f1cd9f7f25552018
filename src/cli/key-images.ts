/** The key images of an analysis as PNG files: `nodule-01.png` for the first finding, and so on. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outgoingFile } from '../dimse/read-folder.ts';
import { AppError } from '../errors.ts';
import type { Finding } from '../findings/types.ts';
import { renderKeyImages } from '../results/key-image.ts';

/** Where the wanted instances are; stops reading headers once it has them all. */
async function locate(files: readonly string[], wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const file of files) {
    if (found.size === wanted.size) break;
    try {
      const { sopInstanceUID } = await outgoingFile(file);
      if (wanted.has(sopInstanceUID)) found.set(sopInstanceUID, file);
    } catch (error) {
      // The analysis has named the files that cannot be read.
      if (!(error instanceof AppError)) throw error;
    }
  }
  return found;
}

/** Writes them into `out`; gives how many there are. @throws AppError of the parser and the decoders. */
export async function writeKeyImages(findings: readonly Finding[], files: readonly string[], out: string): Promise<number> {
  const paths = await locate(files, new Set(findings.map(({ sliceInstanceUID }) => sliceInstanceUID)));
  const visible = findings.filter(({ sliceInstanceUID }) => paths.has(sliceInstanceUID));
  const images = await renderKeyImages(visible, (sopInstanceUID) => readFile(paths.get(sopInstanceUID) ?? ''));
  for (const { finding, png } of images) {
    const shown = visible[finding];
    if (shown === undefined) continue;
    await writeFile(join(out, `nodule-${String(findings.indexOf(shown) + 1).padStart(2, '0')}.png`), png);
  }
  return images.length;
}
