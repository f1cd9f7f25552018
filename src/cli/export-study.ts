/** `phoi export-study`: signed readings as a de-identified data set. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { openFileArchive } from '../archive/file-archive.ts';
import { createDeidentifyContext } from '../deidentify/context.ts';
import { hasIndex, openIndex } from '../index/open.ts';
import { AppError, toAppError } from '../errors.ts';
import { silentLog } from '../log.ts';
import { readSettings, serverDir, version } from '../settings.ts';
import { exportRecord, type RecordExport } from '../study-export/export-record.ts';
import { exportSigned, type ExportManifest, type ExportSignedOptions } from '../study-export/export-signed.ts';
import { UsageError, readArguments, type Command } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

const secretBytes = 32;

/** The secret in the file, made when there is none; without a file, one that nobody keeps. */
async function secretFrom(path: string | undefined): Promise<Uint8Array> {
  if (path === undefined) return randomBytes(secretBytes);
  if (existsSync(path)) {
    const secret = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex');
    if (secret.length !== secretBytes) throw new UsageError(`--secret: the file must hold ${2 * secretBytes} hexadecimal digits`);
    return secret;
  }
  const secret = randomBytes(secretBytes);
  await writeFile(path, `${secret.toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(path, 0o600);
  return secret;
}

/** Every step is in the trail before what it tells of happens. @throws as `exportSigned`; AppError EXPORT_NOT_RECORDED, AUDIT_UNAVAILABLE */
async function recordedExport(options: ExportSignedOptions, record: RecordExport): Promise<ExportManifest> {
  const { patientCharacteristics } = options.context.options;
  await record({ what: 'begun', details: { patientCharacteristics, studiesAskedFor: options.studies?.length ?? 'all' } });
  try {
    const manifest = await exportSigned({ ...options, beforeStudy: (studyInstanceUID) => record({ what: 'study', studyInstanceUID }) });
    await record({ what: 'finished', details: { studies: manifest.studies, files: manifest.files.length, leftOut: manifest.refused.length } });
    return manifest;
  } catch (error) {
    const { code } = toAppError(error);
    // Where the trail itself is what failed, the first error is the one to be told.
    await record({ what: 'failed', details: { code } }).catch(() => undefined);
    throw error;
  }
}

export const exportStudy: Command = {
  summary: 'exports signed readings as a de-identified data set',
  usage: [
    'phoi export-study --out DIR [--study UID]… [--characteristics] [--secret FILE] [--server URL [--token TOKEN] | --no-audit] [--json]',
    '  --study            one signed study; can be given several times (default: every signed study)',
    '  --characteristics  keeps sex, age (up to 90 years), size and weight',
    '  --secret           file with what new UIDs, subjects and dates follow from, made when absent: the same file gives the same',
    '                     replacements in a later export. Whoever has it can link the set to the patients: keep it apart, or leave it out.',
    '  --server           address of the service that runs on the data folder: it alone writes the audit trail while it runs, and enters the export',
    '  --token            its token, with the permission audit.append (PHOI_TOKEN when absent)',
    '  --no-audit         exports without an entry in the audit trail',
    'Writes dicom/, annotations.csv, annotations_excluded.csv, seriesuids.csv (phoi bench takes the folder) and manifest.json. DIR must be empty.',
    'Basic Application Level Confidentiality Profile of DICOM PS3.15 with modified dates and clean structured content. Pictures that may have words in',
    'them are left out and listed. Pixels are not searched for words, and faces are not: look at the set before you give it away.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' }, study: { type: 'string', multiple: true }, characteristics: { type: 'boolean', default: false }, secret: { type: 'string' },
      server: { type: 'string' }, token: { type: 'string' }, 'no-audit': { type: 'boolean', default: false },
    });
    if (positionals.length > 0) throw new UsageError(`unexpected ${positionals[0]}`);
    const { out, server } = values;
    const token = values.token ?? process.env['PHOI_TOKEN'];
    if (server !== undefined && !URL.canParse(server)) throw new UsageError('--server must be an address such as http://127.0.0.1:8080');
    if (server !== undefined && values['no-audit']) throw new UsageError('--server and --no-audit exclude each other');
    if (out === undefined) throw new UsageError('--out is missing');
    await mkdir(out, { recursive: true });
    if ((await readdir(out)).length > 0) throw new UsageError('--out must be an empty folder: what lies there already might not be de-identified');
    const settings = readSettings(process.env);
    const { dataDir } = settings;
    if (!hasIndex(settings)) throw new AppError('EXPORT_NOTHING_SIGNED', 'there is no index in the data folder (PHOI_DATA_DIR)');
    const secret = await secretFrom(values.secret);
    const index = await openIndex(settings, silentLog());
    const bar = createProgressBar();
    try {
      const options: ExportSignedOptions = {
        index, archive: await openFileArchive(dataDir), context: createDeidentifyContext(secret, { patientCharacteristics: values.characteristics }),
        out, softwareVersion: version, ...(values.study !== undefined && { studies: values.study }), onStudy: (done) => bar.update(`${done} studies`, 0),
      };
      if (values['no-audit']) console.error('This export is NOT entered in the audit trail (--no-audit).');
      const manifest = values['no-audit'] ? await exportSigned(options)
        : await recordedExport(options, exportRecord({ dataDir: serverDir(settings), ...(server !== undefined && { server }), ...(token !== undefined && { token }) }));
      bar.done();
      if (values.json) console.log(JSON.stringify(manifest, undefined, 2));
      else {
        for (const { study, sopClassUID, reason } of manifest.refused) console.error(`left out of ${study}: ${sopClassUID === undefined ? '' : `${sopClassUID}: `}${reason}`);
        console.log(`${manifest.studies} studies, ${manifest.files.length} files, ${manifest.nodules} nodules; ${manifest.refused.length} left out. Written to ${out}. Look at the set before you give it away.`);
      }
      return 0;
    } finally {
      bar.done();
      await index.close();
    }
  },
};
