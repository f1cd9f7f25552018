/** Errors of PostgreSQL and of the way to it, as coded ones. */
import { DatabaseError } from 'pg';
import { AppError } from '../errors.ts';

/** SQLSTATEs, PostgreSQL manual, appendix A. */
const diskFull = '53100';
const conflicts: ReadonlySet<string> = new Set(['40001', '40P01', '23505']);
/** 08, 28, 3D and 55000 when connecting, 53 resources, 57P shutdown and start-up, 25006 a standby that takes no writes. */
const unavailable = /^(?:08|28|3D|55000|53|57P|25006)/u;

/** True when another transaction was in the way: run again, this one sees what the other wrote. */
export function isConflict(error: unknown): boolean {
  return error instanceof DatabaseError && conflicts.has(error.code ?? '');
}

/** What the driver throws, translated. Everything that is no answer of the database is a broken way to it. */
export function translated(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const answer = error instanceof DatabaseError ? error : undefined;
  const code = answer === undefined ? undefined : answer.code ?? '';
  if (code === diskFull) return new AppError('ARCHIVE_OUT_OF_SPACE', 'The index has no space left', { cause: error });
  if (code === undefined || unavailable.test(code)) {
    return new AppError('INDEX_UNAVAILABLE', 'The database of the index does not answer', { cause: error });
  }
  // Neither the message nor as the cause: both may quote a value of a row.
  return new AppError('INTERNAL', `The database of the index refused a statement (SQLSTATE ${code})`, {
    details: { table: answer?.table, constraint: answer?.constraint, routine: answer?.routine, position: answer?.position },
  });
}
