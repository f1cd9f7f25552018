/**
 * The service's log: JSON lines by pino. Fields are UIDs, counts and durations; patient data never goes in.
 * The redaction list is a second lock, not a licence to log a data set.
 */
import { pino, type Logger } from 'pino';

export type Log = Logger;

const redactedPaths = ['patientName', 'patientID', 'patientBirthDate', 'accessionNumber', 'header', 'dataset', 'token'];

export function createLog(options: { readonly level?: string; readonly name: string }): Log {
  return pino({
    name: options.name,
    level: options.level ?? 'info',
    redact: { paths: [...redactedPaths, ...redactedPaths.map((path) => `*.${path}`)], censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

/** A log that writes nothing, for commands whose output is their result. */
export function silentLog(): Log {
  return pino({ level: 'silent' });
}
