/** `phoi convert`: other people's annotations to the tables that `phoi bench` and `phoi evaluate` read. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { convertLidc } from '../lidc/convert.ts';
import { isIncluded, lidcJson, lunaTables } from '../lidc/luna-tables.ts';
import { annotatedSeries, type AnnotatedSeries } from '../lidc/annotated-series.ts';
import { lidcTruth } from '../lidc/lidc-truth.ts';
import { truthObjects } from '../lidc/truth-objects.ts';
import type { TruthNodule } from '../lidc/truth.ts';
import { version } from '../settings.ts';
import { walkFiles } from '../walk-files.ts';
import { UsageError, readArguments, readNumber, type Command, type ExitCode } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

/** seg/SERIES.dcm, where anything was outlined, and sr/SERIES.dcm. Gives whether there is a segmentation. */
async function writeTruth(out: string, { seriesInstanceUID, grid, images, withoutOutline }: Omit<AnnotatedSeries, 'nodules'>, creator: string, nodules: readonly TruthNodule[]): Promise<boolean> {
  const { seg, sr } = truthObjects({ seriesInstanceUID, grid, header: images[0]?.dataset ?? {}, softwareVersion: version, creator, withoutOutline }, nodules);
  for (const [folder, object] of [['seg', seg], ['sr', sr]] as const) {
    if (object === undefined) continue;
    await mkdir(join(out, folder), { recursive: true });
    await writeFile(join(out, folder, `${seriesInstanceUID}.dcm`), object.part10);
  }
  return seg !== undefined;
}

async function convertAnnotations(folder: string, table: string, out: string, json: boolean): Promise<ExitCode> {
  const { series, problems } = await annotatedSeries(table, () => walkFiles(folder));
  let written = 0;
  for (const one of series) if (await writeTruth(out, one, `Annotations of ${basename(table)}`.slice(0, 64), one.nodules)) written += 1;
  if (json) console.log(JSON.stringify({ written, problems }, undefined, 2));
  else {
    for (const { code, text } of problems) console.error(`${code}: ${text}`);
    console.log(`${written} segmentations, ${series.reduce((sum, { nodules }) => sum + nodules.length, 0)} nodules, ${problems.length} problems. Written to ${join(out, 'seg')}, with a report of each series in ${join(out, 'sr')}.`);
  }
  return 0;
}

export const convert: Command = {
  summary: 'converts the reads of LIDC-IDRI to tables as LUNA16 has them, and annotations to DICOM',
  usage: [
    'phoi convert lidc FOLDER --out DIR [--images DIR] [--readers N] [--diameter MM] [--level PART] [--dicom] [--json]',
    'phoi convert annotations FOLDER --annotations A.csv --out DIR [--json]',
    '  FOLDER       XML files of LIDC-IDRI, and the DICOM images of their series',
    '  --images     where the images are, when not in FOLDER; contours are in pixels, so a series without images is left out and named',
    '  --readers    readers who must have outlined a nodule for it to be one that is to be found (default 3)',
    '  --diameter   and its least diameter in mm (default 3)',
    '  --level      part of the readers of a nodule that a voxel of the consensus needs (default 0.5)',
    '  --dicom      writes the consensus of each series as DICOM too: seg/SERIES.dcm (segmentation), sr/SERIES.dcm (report)',
    '  annotations  writes seg/SERIES.dcm and sr/SERIES.dcm from a table as LUNA16 has it, each nodule a ball of its diameter; FOLDER holds the images',
    'lidc writes annotations.csv, annotations_excluded.csv (everything else that a reader marked), seriesuids.csv, nodules.json and problems.json.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' }, images: { type: 'string' }, readers: { type: 'string', default: '3' }, diameter: { type: 'string', default: '3' }, level: { type: 'string', default: '0.5' },
      annotations: { type: 'string' }, dicom: { type: 'boolean', default: false },
    });
    const [kind, folder, ...more] = positionals;
    if ((kind !== 'lidc' && kind !== 'annotations') || folder === undefined || more.length > 0) throw new UsageError('say: lidc FOLDER, or annotations FOLDER');
    const { out, images } = values;
    if (out === undefined) throw new UsageError('--out is missing');
    if (kind === 'annotations') {
      if (values.annotations === undefined) throw new UsageError('--annotations is missing');
      return convertAnnotations(folder, values.annotations, out, values.json);
    }
    const rule = { readers: readNumber('readers', values.readers, { min: 1, max: 4, integer: true })!, diameterMm: readNumber('diameter', values.diameter, { min: 0, max: 100 })! };
    const level = readNumber('level', values.level, { min: 0.01, max: 1 })!;
    const files = async function* (): AsyncGenerator<string> {
      yield* walkFiles(folder);
      if (images !== undefined) yield* walkFiles(images);
    };
    const bar = createProgressBar();
    try {
      const { series, problems } = await convertLidc(files, level, (fraction) => bar.update('series', fraction));
      bar.done();
      await mkdir(out, { recursive: true });
      for (const [name, content] of Object.entries(lunaTables(series, rule))) await writeFile(join(out, name), content);
      await writeFile(join(out, 'nodules.json'), `${JSON.stringify(lidcJson(series), undefined, 2)}\n`);
      if (values.dicom) {
        for (const one of series) {
          const { nodules: outlined, withoutOutline } = lidcTruth(one);
          await writeTruth(out, { ...one, withoutOutline }, 'LIDC-IDRI readers', outlined);
        }
      }
      await writeFile(join(out, 'problems.json'), `${JSON.stringify(problems, undefined, 2)}\n`);
      const nodules = series.flatMap((one) => one.nodules);
      const included = nodules.filter((nodule) => isIncluded(nodule, rule)).length;
      const summary = { series: series.length, included, excluded: nodules.length - included, problems };
      if (values.json) console.log(JSON.stringify(summary, undefined, 2));
      else {
        for (const { code, text, seriesInstanceUID } of problems) console.error(`${code}: ${seriesInstanceUID === undefined ? '' : `${seriesInstanceUID}: `}${text}`);
        console.log(`${series.length} series, ${included} nodules to be found, ${summary.excluded} lesions that count neither way, ${problems.length} problems. Written to ${out}.`);
      }
      return 0;
    } finally {
      bar.done();
    }
  },
};
