/** `phoi backup` and `phoi restore`. */
import { resolve } from 'node:path';
import { makeBackup } from '../backup/backup.ts';
import { listSnapshots } from '../backup/layout.ts';
import { restoreBackup } from '../backup/restore.ts';
import { verifyBackup } from '../backup/verify.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { readSettings, version } from '../settings.ts';
import { UsageError, readArguments, readNumber, type Command, type ExitCode } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

/** @throws AppError BACKUP_DATABASE_ELSEWHERE: a copy of the data folder alone would lack the index */
function refuseSharedIndex({ databaseUrl }: Pick<Config, 'databaseUrl'>): void {
  if (databaseUrl === undefined) return;
  throw new AppError('BACKUP_DATABASE_ELSEWHERE', 'The index lies in PostgreSQL: back it up with pg_dump, then the data folder (docs/operations.md, "Backup and restore")');
}

async function list(backupDir: string, json: boolean): Promise<ExitCode> {
  const snapshots = await listSnapshots(backupDir);
  if (json) console.log(JSON.stringify(snapshots.map(({ name, manifest: { createdAt, studies, instances, blobBytes } }) => ({ name, createdAt, studies, instances, blobBytes }))));
  else for (const { name, manifest } of snapshots) console.log(`${name}  ${manifest.studies} studies, ${manifest.instances} instances, ${(manifest.blobBytes / 1e9).toFixed(2)} GB`);
  return 0;
}

async function verify(backupDir: string, name: string | undefined, json: boolean): Promise<ExitCode> {
  const { snapshot, blobs, faults } = await verifyBackup(backupDir, name);
  if (json) console.log(JSON.stringify({ snapshot, blobs, faults }));
  else console.log(faults.length === 0 ? `${snapshot} is whole: ${blobs} files of the archive proven` : [`${snapshot} is NOT whole:`, ...faults].join('\n'));
  return faults.length === 0 ? 0 : 1;
}

export const backup: Command = {
  summary: 'copies index, queue, audit trail and archive, also of a running service',
  usage: [
    'phoi backup --to DIR [--data DIR] [--keep N] [--json]',
    'phoi backup list --to DIR [--json]',
    'phoi backup verify --to DIR [--snapshot NAME] [--json]',
    'Images are copied once, however many backups refer to them. --keep removes older snapshots beyond N, never images.',
    'The queue is copied where it is a file; a queue on Redis is rebuilt from the index.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, { to: { type: 'string' }, data: { type: 'string' }, keep: { type: 'string' }, snapshot: { type: 'string' } });
    if (values.to === undefined) throw new UsageError('--to is missing');
    const backupDir = resolve(values.to);
    const [action, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('one action at a time');
    if (action === 'list') return list(backupDir, values.json);
    if (action === 'verify') return verify(backupDir, values.snapshot, values.json);
    if (action !== undefined) throw new UsageError('say list or verify, or nothing to make a backup');
    if (values.data === undefined) refuseSharedIndex(readSettings(process.env));
    const keep = readNumber('keep', values.keep, { min: 1, max: 10_000, integer: true });
    const bar = createProgressBar();
    const report = await makeBackup({
      dataDir: values.data === undefined ? readSettings(process.env).dataDir : resolve(values.data), backupDir, version,
      ...(keep === undefined ? {} : { keep }), onProgress: (done, total) => bar.update('files of the archive', done / total),
    });
    bar.done();
    if (values.json) console.log(JSON.stringify({ snapshot: report.snapshot, copied: report.copied, ...report.manifest, files: undefined }));
    else console.log(`Backup ${report.snapshot}: ${report.manifest.studies} studies, ${report.manifest.instances} instances, ${report.copied} files copied.`);
    return 0;
  },
};

export const restore: Command = {
  summary: 'makes a data folder from a backup, after proving it',
  usage: [
    'phoi restore --from DIR --data DIR [--snapshot NAME] [--json]',
    'The data folder must be empty or absent: nothing is ever overwritten. The newest backup is taken when none is named.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, { from: { type: 'string' }, data: { type: 'string' }, snapshot: { type: 'string' } });
    if (values.from === undefined || values.data === undefined || positionals.length > 0) throw new UsageError('--from and --data are needed');
    const bar = createProgressBar();
    const report = await restoreBackup({
      backupDir: resolve(values.from), dataDir: resolve(values.data), ...(values.snapshot === undefined ? {} : { snapshot: values.snapshot }),
      onProgress: (done, total) => bar.update('files of the archive', done / total),
    });
    bar.done();
    console.log(values.json ? JSON.stringify(report) : `Restored ${report.snapshot}: ${report.blobs} files of the archive.`);
    return 0;
  },
};
