/** A volume file as the analysis takes it. */
import { isUID } from '../dicom/uid.ts';
import { readVolumeFile, volumeFileStem, type ReadVolumeOptions } from './read-volume-file.ts';
import type { Volume } from '../volume/types.ts';

/** @throws as `readVolumeFile` */
export async function readLooseVolume(path: string, options: ReadVolumeOptions = {}): Promise<{ readonly volume: Volume; readonly inputHash: string; readonly seriesInstanceUID?: string }> {
  const { volume, sha256 } = await readVolumeFile(path, options);
  const stem = volumeFileStem(path);
  return { volume, inputHash: sha256, ...(isUID(stem) && { seriesInstanceUID: stem }) };
}
