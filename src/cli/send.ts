/** `phoi send`: C-STORE of a folder. */
import { sendFolder } from '../dimse/send-folder.ts';
import { UsageError, onePath, readArguments, type Command } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, the host also as `[IPv6]`. */
function readTarget(text: string | undefined): Target {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/u.exec(text ?? '');
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) throw new UsageError('--to must be HOST:PORT');
  return { host: match[1] ?? match[2]!, port };
}

export const send: Command = {
  summary: 'sends a folder of DICOM files by C-STORE',
  usage: [
    'phoi send PATH --to HOST:PORT --aet AETITLE [--calling AETITLE] [--json]',
    '  PATH       a file or a folder; what is not DICOM is named and left out',
    '  --to       address of the receiver, e.g. 127.0.0.1:11112',
    '  --aet      its AE title (default PHOI)',
    '  --calling  our own AE title (default PHOI-SEND)',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      to: { type: 'string' }, aet: { type: 'string', default: 'PHOI' }, calling: { type: 'string', default: 'PHOI-SEND' },
    });
    const path = onePath(positionals, 'PATH');
    const bar = createProgressBar();
    const result = await sendFolder(path, {
      ...readTarget(values.to), calledAETitle: values.aet, callingAETitle: values.calling,
      onProgress: ({ done, total, failed }) => bar.update(`${done} of ${total}${failed > 0 ? `, ${failed} failed` : ''}`, total === 0 ? 1 : done / total),
    });
    bar.done();
    const failures = result.outcomes.flatMap(({ instance, error }) =>
      error === undefined ? [] : [{ sopInstanceUID: instance.sopInstanceUID, code: error.code, message: error.message }]);
    if (values.json) {
      console.log(JSON.stringify({
        sent: result.sent, failed: result.failed, failures,
        skipped: result.skipped.map(({ path: file, error }) => ({ path: file, code: error.code, message: error.message })),
      }, undefined, 2));
    } else {
      for (const { path: file, error } of result.skipped) console.error(`left out ${file}: ${error.code} ${error.message}`);
      for (const { sopInstanceUID, code, message } of failures) console.error(`failed ${sopInstanceUID}: ${code} ${message}`);
      console.log(`${result.sent} sent, ${result.failed} failed, ${result.skipped.length} left out`);
    }
    return result.failed === 0 && result.sent > 0 ? 0 : 1;
  },
};
