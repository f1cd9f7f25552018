/** What can be wrong with a volume file. The file's name stands in the message, never a path. */
import { AppError, type ErrorCode } from '../errors.ts';

export type VolumeFileCode = Extract<ErrorCode, `VOLUME_FILE_${string}`>;

/** The error for one file, to be thrown. */
export type Fault = (code: VolumeFileCode, problem: string, cause?: unknown) => AppError;

export function faultOf(file: string): Fault {
  return (code, problem, cause) => new AppError(code, `${file}: ${problem}`, { ...(cause !== undefined && { cause }), details: { file } });
}
