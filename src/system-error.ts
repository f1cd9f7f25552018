/** What the operating system says of a failed call. */

/** The code of a system error, e.g. `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True for "no such file or directory". */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** Undefined where there is no such file or directory. @throws anything else that went wrong */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
