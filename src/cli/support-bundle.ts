/** `phoi support-bundle`: what a helper far away needs, without anything that names a patient, a person or a place. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { hasIndex, openIndex } from '../index/open.ts';
import { silentLog } from '../log.ts';
import { openQueue } from '../queue/open.ts';
import { readSettings, version } from '../settings.ts';
import { gatherBundle } from '../support/bundle.ts';
import { writeZip } from '../support/write-zip.ts';
import { UsageError, readArguments, type Command } from './command.ts';

export const supportBundle: Command = {
  summary: 'writes a de-identified zip for whoever helps',
  usage: [
    'phoi support-bundle --out FILE.zip [--server URL] [--token TOKEN] [--log FILE] [--ae-titles] [--json]',
    '  --server     address of the running service, for its health and metrics (default: the one of the settings)',
    '  --token      its token (PHOI_TOKEN when absent)',
    '  --log        a file with the log of the service: its newest 5000 lines, scrubbed',
    '  --ae-titles  AE titles stay readable',
    'Holds versions, settings, health, metrics, counts, errors by code, disk, schema versions, hashes of the models and the verdict on the',
    'audit trail. Names, IDs, UIDs, addresses and paths are replaced; equal ones stay equal within one bundle and nowhere else.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' }, server: { type: 'string' }, token: { type: 'string' }, log: { type: 'string' }, 'ae-titles': { type: 'boolean', default: false },
    });
    if (positionals.length > 0) throw new UsageError(`unexpected ${positionals[0]}`);
    if (values.out === undefined) throw new UsageError('--out is missing');
    if (values.server !== undefined && !URL.canParse(values.server)) throw new UsageError('--server must be an address such as http://127.0.0.1:8080');
    if (values.log !== undefined && !existsSync(values.log)) throw new UsageError('--log names a file that does not exist');
    const out = resolve(values.out);
    if (existsSync(out)) throw new UsageError('--out exists already: nothing is overwritten');
    const config = readSettings(process.env);
    const token = values.token ?? process.env['PHOI_TOKEN'] ?? config.http.token;
    const members = await gatherBundle({
      config, version, withAETitles: values['ae-titles'],
      openIndex: async () => {
        if (!hasIndex(config)) throw new AppError('ARCHIVE_NOT_FOUND', 'There is no index in the data folder');
        return openIndex(config, silentLog());
      },
      openQueue: () => openQueue(config),
      server: values.server ?? `http://${config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host}:${config.http.port}`,
      ...(token !== undefined && { token }), ...(values.log !== undefined && { logFile: values.log }),
    });
    await writeZip(out, members);
    const names = Object.keys(members);
    console.log(values.json ? JSON.stringify({ out, members: names }) : `${names.length} files in ${out}. Look at them before you give them away.`);
    return 0;
  },
};
