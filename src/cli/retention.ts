/** `phoi retention`: what would be removed, or removing it now. */
import { join } from 'node:path';
import { openFileArchive } from '../archive/file-archive.ts';
import { openAuditTrail } from '../audit/trail.ts';
import { AppError } from '../errors.ts';
import { hasIndex, openIndex } from '../index/open.ts';
import type { StudyIndex } from '../index/port.ts';
import { silentLog } from '../log.ts';
import { removeStudies, retentionLimit } from '../retention/remove-studies.ts';
import { readSettings, serverDir } from '../settings.ts';
import { UsageError, readArguments, readNumber, type Command, type ExitCode } from './command.ts';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

async function list(index: StudyIndex, days: number, json: boolean): Promise<ExitCode> {
  const total = { studies: 0, instances: 0, bytes: 0 };
  for await (const study of index.retirableStudies(retentionLimit(new Date(), days))) {
    total.studies += 1;
    total.instances += study.instances;
    total.bytes += study.bytes;
    console.log(json ? JSON.stringify(study) : `${study.studyInstanceUID}  ${study.why.padEnd(12)}  last change ${study.lastChangeAt}  ${study.instances} instances`);
  }
  if (!json) console.log(`${total.studies} studies, ${total.instances} instances, ${gigabytes(total.bytes)} would be removed. Nothing was.`);
  return 0;
}

export const retention: Command = {
  summary: 'removes studies that are signed or not analysed, delivered and old enough',
  usage: [
    'phoi retention --dry-run [--days N] [--json]     lists what would be removed, one study a line, and changes nothing',
    'phoi retention [--days N] [--json]               removes it now; the service must not run, since it alone writes the audit trail then',
    'N is retention.days of the settings when it is left out. A running service removes by itself once a day when retention.days is set.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, { days: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } });
    if (positionals.length > 0) throw new UsageError(`unexpected ${positionals[0]}`);
    const settings = readSettings(process.env);
    const days = readNumber('days', values.days, { min: 1, max: 36_500, integer: true }) ?? settings.retention.days;
    if (days === undefined) throw new UsageError('--days is missing, and retention.days is not set');
    if (!hasIndex(settings)) throw new AppError('CONFIG_INVALID', 'There is no index in the data folder (PHOI_DATA_DIR)');
    const trail = values['dry-run'] ? undefined : await openAuditTrail(join(serverDir(settings), 'audit'));
    try {
      const index = await openIndex(settings, silentLog());
      try {
        if (trail === undefined) return await list(index, days, values.json);
        const archive = await openFileArchive(settings.dataDir, {});
        const removed = await removeStudies({ index, archive, append: (event) => trail.append(event), actor: { name: 'command line', kind: 'service' }, days, now: () => new Date() });
        console.log(values.json ? JSON.stringify(removed) : `Removed ${removed.studies} studies, ${removed.instances} instances, ${gigabytes(removed.bytes)}.`);
        return 0;
      } finally {
        await index.close();
      }
    } finally {
      await trail?.close();
    }
  },
};
