/** `phoi audit`: proves the audit trail whole, or hands it on in the forms that audit repositories take. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { emptyHead, type AuditHead } from '../audit/chain.ts';
import { toDicomAuditMessage, toSyslogFrame } from '../audit/dicom-message.ts';
import type { AuditEntry } from '../audit/entry.ts';
import { toFhirAuditEvent } from '../audit/fhir.ts';
import { readTrail, verifyTrail } from '../audit/verify.ts';
import { readSettings, serverDir } from '../settings.ts';
import { UsageError, readArguments, type Command, type ExitCode } from './command.ts';

const formats: Readonly<Record<string, (entry: AuditEntry, source: string) => string>> = {
  jsonl: (entry) => `${JSON.stringify(entry)}\n`,
  fhir: (entry, source) => `${JSON.stringify(toFhirAuditEvent(entry, source))}\n`,
  dicom: (entry, source) => `${toDicomAuditMessage(entry, source)}\n`,
  syslog: toSyslogFrame,
};

function readHead(text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new UsageError('--head is NUMBER:HASH, as verify prints it');
  return { sequence: Number(match[1]), hash: match[2]! };
}

async function verify(folder: string, known: AuditHead | undefined, json: boolean): Promise<ExitCode> {
  const { entries, head, broken } = await verifyTrail(folder, known);
  if (json) console.log(JSON.stringify({ whole: broken === undefined, entries, head, ...(broken === undefined ? {} : { broken }) }));
  else if (broken === undefined) console.log(`The trail is whole: ${entries} entries.\nhead ${head.sequence}:${head.hash}`);
  else console.log(`The trail is BROKEN at ${broken.file} line ${broken.line}, entry ${broken.sequence}: ${broken.why}. The ${entries} entries before it are proven.`);
  return broken === undefined ? 0 : 1;
}

/** Entries after `after`, to standard output. A broken line ends it: nothing unproven is handed on as if it were proven. */
async function exportTrail(folder: string, format: string, after: number): Promise<ExitCode> {
  const write = formats[format];
  if (write === undefined) throw new UsageError(`--format is one of ${Object.keys(formats).join(', ')}`);
  const { broken } = await verifyTrail(folder);
  const source = hostname();
  for await (const { entry } of readTrail(folder)) {
    if (entry === undefined || (broken !== undefined && entry.sequence >= broken.sequence)) break;
    if (entry.sequence > after && !process.stdout.write(write(entry, source))) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  if (broken === undefined) return 0;
  console.error(`The trail is broken at ${broken.file} line ${broken.line}: ${broken.why}. What follows was not exported.`);
  return 1;
}

export const audit: Command = {
  summary: 'proves and exports the audit trail',
  usage: [
    'phoi audit verify [--data DIR] [--head NUMBER:HASH] [--json]',
    'phoi audit export --format jsonl|fhir|dicom|syslog [--after NUMBER] [--data DIR]',
    'The folder is PHOI_DATA_DIR. A chain cannot tell by itself that its end was cut off: note the head that verify',
    'prints elsewhere, and give it with --head the next time.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      data: { type: 'string' }, head: { type: 'string' }, format: { type: 'string', default: 'fhir' }, after: { type: 'string', default: String(emptyHead.sequence) },
    });
    const folder = join(values.data ?? serverDir(readSettings(process.env)), 'audit');
    const [action, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('one action at a time');
    if (action === 'verify') return verify(folder, readHead(values.head), values.json);
    if (action === 'export') {
      if (!/^\d+$/.test(values.after)) throw new UsageError('--after is a number');
      return exportTrail(folder, values.format, Number(values.after));
    }
    throw new UsageError('say verify or export');
  },
};
