/**
 * Signed readings as a data set that can be given away: images and signed objects without who they are about, and the
 * readers' nodules as tables of LUNA16. `phoi bench` takes the folder as it is.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceArchive } from '../archive/port.ts';
import { csvLine } from '../csv-text.ts';
import type { DeidentifyContext } from '../deidentify/context.ts';
import { deidentifyInstance } from '../deidentify/deidentify-instance.ts';
import { AppError, toAppError } from '../errors.ts';
import type { InstanceRecord } from '../study/types.ts';
import { ctClasses } from '../volume/frame-header.ts';
import { readSigned, type SignedIndex, type SignedStudy } from './read-signed.ts';

export interface ExportSignedOptions {
  readonly index: SignedIndex;
  readonly archive: Pick<InstanceArchive, 'read'>;
  readonly context: DeidentifyContext;
  readonly out: string;
  /** Study Instance UIDs; every signed study when absent. */
  readonly studies?: readonly string[];
  readonly softwareVersion: string;
  readonly onStudy?: (done: number) => void;
  /** Ends before the first file of the study is written; when it rejects, nothing more is written. */
  readonly beforeStudy?: (studyInstanceUID: string) => Promise<void>;
}

export interface ExportManifest {
  readonly schemaVersion: 1;
  readonly softwareVersion: string;
  readonly deidentification: readonly string[];
  readonly patientCharacteristics: boolean;
  readonly studies: number;
  readonly nodules: number;
  /** New UIDs alone. */
  readonly files: readonly { readonly path: string; readonly sopClassUID: string; readonly sha256: string; readonly bytes: number }[];
  /** Everything that was left out, with the reason: images and objects (with their class), nodules, whole studies. */
  readonly refused: readonly { readonly study: string; readonly sopClassUID?: string; readonly reason: string }[];
}

interface NoduleRow {
  readonly seriesuid: string;
  readonly worldPoint: readonly [number, number, number];
  readonly diameterMm: number;
  readonly type: string;
  readonly location: string;
}

/** LUNA16 looks for nodules from here on; smaller ones count neither way. */
const leastDiameterMm = 3;

function csv(rows: readonly NoduleRow[]): string {
  return [
    ['seriesuid', 'coordX', 'coordY', 'coordZ', 'diameter_mm', 'type', 'location'],
    ...rows.map(({ seriesuid, worldPoint, diameterMm, type, location }) => [seriesuid, ...worldPoint, diameterMm, type, location]),
  ].map(csvLine).join('');
}

/** Nodules that the reader accepted or added, as signed; what was rejected is no nodule and in no table. */
function nodulesOf({ findings }: SignedStudy, context: DeidentifyContext): readonly NoduleRow[] {
  return findings.filter(({ reviewed }) => reviewed.verdict === 'accepted').map(({ seriesInstanceUID, reviewed: { finding } }) => ({
    seriesuid: context.uid(seriesInstanceUID), worldPoint: finding.worldPoint, diameterMm: finding.diameterMm, type: finding.type, location: finding.lobe ?? finding.laterality,
  }));
}

/** The images that were read, and what was signed of them. */
function wanted({ instances, seriesInstanceUIDs, review }: SignedStudy): readonly InstanceRecord[] {
  const signed = new Set(review.objects.map(({ sopInstanceUID }) => sopInstanceUID));
  return instances.filter(({ seriesInstanceUID, sopInstanceUID, sopClassUID, own }) => (seriesInstanceUIDs.includes(seriesInstanceUID) && !own && ctClasses.has(sopClassUID)) || signed.has(sopInstanceUID));
}

/**
 * Names of folders and files are new UIDs and numbers. The manifest is written last: where it stands, the set is whole.
 *
 * @throws AppError EXPORT_NOTHING_SIGNED; ARCHIVE_… when an image cannot be read: a data set with holes is not written silently
 */
export async function exportSigned(options: ExportSignedOptions): Promise<ExportManifest> {
  const { index, archive, context, out, softwareVersion } = options;
  const only = options.studies && new Set(options.studies);
  const files: { path: string; sopClassUID: string; sha256: string; bytes: number }[] = [];
  const refused: { study: string; sopClassUID?: string; reason: string }[] = [];
  const nodules: NoduleRow[] = [];
  const series = new Set<string>();
  let studies = 0;
  for await (const study of readSigned(index, only)) {
    const newStudy = context.uid(study.studyInstanceUID);
    if ('leftOut' in study) {
      refused.push({ study: newStudy, reason: study.leftOut });
      continue;
    }
    await options.beforeStudy?.(study.studyInstanceUID);
    for (const record of wanted(study)) {
      let done: Awaited<ReturnType<typeof deidentifyInstance>>;
      try {
        done = await deidentifyInstance(await archive.read(record.blobKey), context);
      } catch (error) {
        const { code } = toAppError(error);
        if (!code.startsWith('DICOM_')) throw error;
        done = { refused: code };
      }
      if ('refused' in done) {
        refused.push({ study: newStudy, sopClassUID: record.sopClassUID, reason: done.refused });
        continue;
      }
      const folder = join('dicom', newStudy, done.seriesInstanceUID);
      const path = join(folder, `${done.sopInstanceUID}.dcm`);
      await mkdir(join(out, folder), { recursive: true });
      await writeFile(join(out, path), done.part10);
      files.push({ path, sopClassUID: done.sopClassUID, sha256: createHash('sha256').update(done.part10).digest('hex'), bytes: done.part10.length });
    }
    for (const uid of study.seriesInstanceUIDs) series.add(context.uid(uid));
    nodules.push(...nodulesOf(study, context));
    for (const { verdict } of study.withoutImage) if (verdict === 'accepted') refused.push({ study: newStudy, reason: 'a nodule whose image is not there' });
    studies += 1;
    options.onStudy?.(studies);
  }
  if (studies === 0) throw new AppError('EXPORT_NOTHING_SIGNED', 'there is no signed reading to be exported');
  const manifest: ExportManifest = {
    schemaVersion: 1, softwareVersion, deidentification: ['113100', '113104', '113107', ...(context.options.patientCharacteristics ? ['113108'] : [])],
    patientCharacteristics: context.options.patientCharacteristics, studies, nodules: nodules.length, files, refused,
  };
  const large = (row: NoduleRow): boolean => row.diameterMm >= leastDiameterMm;
  await writeFile(join(out, 'annotations.csv'), csv(nodules.filter(large)));
  await writeFile(join(out, 'annotations_excluded.csv'), csv(nodules.filter((row) => !large(row))));
  await writeFile(join(out, 'seriesuids.csv'), [...series].map((uid) => csvLine([uid])).join(''));
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}
