/** Log lines for a support bundle: what happened and where in the code, not to whom. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Pseudonym } from './pseudonyms.ts';
import { scrub } from './scrub.ts';

/** The end of a log is what matters; at most so much of it is read. */
const tailBytes = 8 * 1024 ** 2;
const ownLogs: ReadonlySet<unknown> = new Set(['phoi', 'phoi-worker', 'phoi-measure']);
const keptKeys: ReadonlySet<string> = new Set(['time', 'name', 'code', 'type', 'kind', 'stage', 'event', 'what', 'check', 'signal', 'method', 'transport', 'status', 'modelId', 'lastErrorCode']);
/** The settings stand in a member of their own, and the name of the host is nobody's business. */
const leftOut: ReadonlySet<string> = new Set(['config', 'hostname']);
/** A message is a constant sentence of the code; one with anything else in it is replaced. */
const constantSentence = /^[A-Za-z][A-Za-z ,:;'-]{0,150}$/u;
const stackFrame = /((?:src|workers|node_modules)\/[\w@/.-]+:\d+:\d+)\)?$/u;

/** Where it was thrown, without the message and without the folder that the project lies in. */
function framesOf(stack: string): readonly string[] {
  return stack.split('\n').flatMap((line) => stackFrame.exec(line.trim())?.[1] ?? []);
}

function scrubError(error: unknown, pseudonym: Pseudonym): unknown {
  if (typeof error !== 'object' || error === null) return scrub(error, { keep: keptKeys, pseudonym });
  const { stack, ...rest } = error as Readonly<Record<string, unknown>>;
  return { ...scrub(rest, { keep: keptKeys, pseudonym }) as object, ...(typeof stack === 'string' && { frames: framesOf(stack) }) };
}

/** Undefined for a line that is not one of Phoi's own. */
export function scrubLogLine(line: string, pseudonym: Pseudonym): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('name' in parsed) || !ownLogs.has(parsed.name)) return undefined;
  const { msg, err, ...rest } = parsed as Readonly<Record<string, unknown>>;
  const fields = Object.fromEntries(Object.entries(rest).filter(([key]) => !leftOut.has(key)));
  return JSON.stringify({
    ...scrub(fields, { keep: keptKeys, pseudonym }) as object,
    ...(err === undefined ? {} : { err: scrubError(err, pseudonym) }),
    ...(typeof msg === 'string' && { msg: constantSentence.test(msg) ? msg : pseudonym(msg) }),
  });
}

/** The newest lines of the file, scrubbed; `left` counts lines that are no log lines of Phoi. */
export async function scrubLogFile(path: string, pseudonym: Pseudonym, maxLines: number): Promise<{ readonly lines: readonly string[]; readonly left: number }> {
  const { size } = await stat(path);
  const lines: string[] = [];
  let left = 0;
  for await (const line of createInterface({ input: createReadStream(path, { start: Math.max(0, size - tailBytes) }) })) {
    const kept = scrubLogLine(line, pseudonym);
    if (kept === undefined) left += 1;
    else lines.push(kept);
    if (lines.length > 2 * maxLines) lines.splice(0, maxLines);
  }
  return { lines: lines.slice(-maxLines), left };
}
