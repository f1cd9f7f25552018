/** The settings of this process: the configuration file named by PHOI_CONFIG (or beside the project) and the environment. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig, type Config } from './config.ts';
import { AppError } from './errors.ts';

export const projectRoot = resolve(import.meta.dirname, '..');

export const version = (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** Where a server keeps what is its own: the data folder, or its part of one that several share. */
export function serverDir({ dataDir, serverName }: Pick<Config, 'dataDir' | 'serverName'>): string {
  return serverName === undefined ? dataDir : join(dataDir, 'servers', serverName);
}

/** @throws AppError CONFIG_INVALID when it cannot be read or is empty. */
function readSecret(path: string): string {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new AppError('CONFIG_INVALID', 'Setting oidc.clientSecretFile: the file cannot be read', { cause: error });
  }
  if (secret === '') throw new AppError('CONFIG_INVALID', 'Setting oidc.clientSecretFile: the file is empty');
  return secret;
}

/** Throws CONFIG_INVALID, also when PHOI_CONFIG names a file that is not there. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Config {
  const named = env['PHOI_CONFIG'];
  const path = resolve(named ?? 'phoi.config.json');
  if (named !== undefined && !existsSync(path)) throw new AppError('CONFIG_INVALID', `PHOI_CONFIG names a file that does not exist`);
  const config = loadConfig(existsSync(path) ? readFileSync(path, 'utf8') : undefined, env);
  return Object.freeze({
    ...config,
    ...(config.oidc?.clientSecretFile === undefined ? {} : { oidc: { ...config.oidc, clientSecret: readSecret(config.oidc.clientSecretFile) } }),
    dataDir: resolve(config.dataDir),
    modelsDir: config.modelsDir === '' ? join(projectRoot, 'models') : resolve(config.modelsDir),
  });
}
