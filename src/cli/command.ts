/** What a command of the command line is, and how its options are read. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { AppError } from '../errors.ts';

/** 0 done, 1 failed, 2 called wrongly. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  readonly summary: string;
  /** Printed by --help below the summary. */
  readonly usage: string;
  run(args: readonly string[]): Promise<ExitCode>;
}

/** The command was called wrongly: exit code 2 and the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options and positional arguments; every command also takes --json. Throws UsageError. */
export function readArguments<const T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options: { ...options, json: { type: 'boolean', default: false } }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A number option within bounds. Throws UsageError naming the option. */
export function readNumber(name: string, text: string | undefined, bounds: { readonly min: number; readonly max: number; readonly integer?: boolean }): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= bounds.min && value <= bounds.max) || (bounds.integer === true && !Number.isInteger(value))) {
    throw new UsageError(`--${name} must be ${bounds.integer === true ? 'a whole number' : 'a number'} from ${bounds.min} to ${bounds.max}`);
  }
  return value;
}

export function onePath(positionals: readonly string[], what: string): string {
  const [path, ...rest] = positionals;
  if (path === undefined) throw new UsageError(`${what} is missing`);
  if (rest.length > 0) throw new UsageError(`one ${what} at a time`);
  return path;
}

/** Exit code and line for stderr of what a command threw. */
export function describeFailure(error: unknown): string {
  if (error instanceof AppError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
