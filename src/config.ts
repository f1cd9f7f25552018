/**
 * Every setting, from one schema: defaults, then the configuration file, then the environment.
 * Only this file reads process.env; `loadConfig` is pure so that tests can call it.
 */
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { AppError } from './errors.ts';

const aeTitle = Type.String({ minLength: 1, maxLength: 16, pattern: '^[^\\\\\\x00-\\x1f]+$' });
const port = Type.Integer({ minimum: 0, maximum: 65535 });

const dimseDestination = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  kind: Type.Literal('dimse'),
  host: Type.String({ minLength: 1 }),
  port,
  aeTitle,
  callingAETitle: Type.Optional(aeTitle),
  roles: Type.Optional(Type.Array(Type.String())),
}, { additionalProperties: false });

const stowDestination = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  kind: Type.Literal('stow'),
  url: Type.String({ pattern: '^https?://' }),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  roles: Type.Optional(Type.Array(Type.String())),
}, { additionalProperties: false });

const configSchema = Type.Object({
  http: Type.Object({
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
    host: Type.String({ default: '127.0.0.1' }),
    publicUrl: Type.Optional(Type.String({ pattern: '^https?://' })),
    token: Type.Optional(Type.String({ minLength: 16 })),
    /** Host names accepted beside loopback names and that of publicUrl. */
    allowedHosts: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
    /** Web origins whose pages may read DICOMweb, e.g. of another viewer. */
    corsOrigins: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
  }, { default: {}, additionalProperties: false }),
  dicom: Type.Object({
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 11112 }),
    host: Type.String({ default: '127.0.0.1' }),
    aeTitle: Type.String({ minLength: 1, maxLength: 16, default: 'PHOI' }),
    /** Calling AE titles and addresses that may store. Empty: anybody, allowed on a loopback address only. */
    peers: Type.Array(Type.Object({
      aeTitle,
      address: Type.Optional(Type.String()),
      /** Where storage commitment reports go when the association has ended. */
      port: Type.Optional(port),
    }, { additionalProperties: false }), { default: [] }),
    /** Accept any peer although the address is public. */
    openToAnyPeer: Type.Boolean({ default: false }),
    maxAssociations: Type.Integer({ minimum: 1, default: 25 }),
    maxInstanceBytes: Type.Integer({ minimum: 1, default: 4 * 1024 ** 3 }),
  }, { default: {}, additionalProperties: false }),
  dataDir: Type.String({ default: './data' }),
  reserveBytes: Type.Integer({ minimum: 0, default: 512 * 1024 ** 2 }),
  completeness: Type.Object({
    seriesQuietSeconds: Type.Number({ minimum: 0.1, default: 30 }),
    /** A study with a known hole is closed after so long without a new instance; default ten times the quiet time. */
    patienceSeconds: Type.Optional(Type.Number({ minimum: 0.1 })),
  }, { default: {}, additionalProperties: false }),
  workers: Type.Integer({ minimum: 0, maximum: 64, default: 1 }),
  modelsDir: Type.String({ default: '' }),
  model: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$', default: 'lung-nodule-detector' }),
  job: Type.Object({
    timeoutSeconds: Type.Number({ minimum: 1, default: 900 }),
    maxMemoryMiB: Type.Integer({ minimum: 256, default: 6144 }),
    maxAttempts: Type.Integer({ minimum: 1, default: 4 }),
    /** A worker that has not renewed its claim for so long is taken for dead, and its job given to another. */
    leaseSeconds: Type.Number({ minimum: 1, default: 30 }),
  }, { default: {}, additionalProperties: false }),
  destinations: Type.Array(Type.Union([dimseDestination, stowDestination]), { default: [] }),
  redisUrl: Type.Optional(Type.String({ pattern: '^rediss?://' })),
  logLevel: Type.Union(['trace', 'debug', 'info', 'warn', 'error', 'silent'].map((level) => Type.Literal(level)), { default: 'info' }),
}, { additionalProperties: false });

type DeepReadonly<T> = T extends readonly (infer Item)[] ? readonly DeepReadonly<Item>[]
  : T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

export type Config = DeepReadonly<Static<typeof configSchema>>;
export type Destination = Config['destinations'][number];

/** Environment variable → path of the setting. Values are converted by the schema. */
const environment: Readonly<Record<string, string>> = {
  PHOI_HTTP_PORT: 'http.port',
  PHOI_HTTP_HOST: 'http.host',
  PHOI_HTTP_TOKEN: 'http.token',
  PHOI_PUBLIC_URL: 'http.publicUrl',
  PHOI_DICOM_PORT: 'dicom.port',
  PHOI_DICOM_HOST: 'dicom.host',
  PHOI_AE_TITLE: 'dicom.aeTitle',
  PHOI_DATA_DIR: 'dataDir',
  PHOI_SERIES_QUIET_SECONDS: 'completeness.seriesQuietSeconds',
  PHOI_WORKERS: 'workers',
  PHOI_MODELS_DIR: 'modelsDir',
  PHOI_MODEL: 'model',
  PHOI_LOG_LEVEL: 'logLevel',
  REDIS_URL: 'redisUrl',
};

const loopbackHosts = new Set(['127.0.0.1', '::1', 'localhost']);

export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host);
}

function setPath(target: Record<string, unknown>, path: string, value: string): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let node = target;
  for (const key of keys) node = (node[key] ??= {}) as Record<string, unknown>;
  node[last] = value;
}

/**
 * The settings from the text of the configuration file (JSON; undefined when there is none) and the environment.
 * Throws CONFIG_INVALID naming the setting.
 */
export function loadConfig(fileText: string | undefined, env: Readonly<Record<string, string | undefined>>): Config {
  let fromFile: unknown = {};
  if (fileText !== undefined) {
    try {
      fromFile = JSON.parse(fileText);
    } catch (error) {
      throw new AppError('CONFIG_INVALID', 'The configuration file is not JSON', { cause: error });
    }
  }
  if (typeof fromFile !== 'object' || fromFile === null || Array.isArray(fromFile)) {
    throw new AppError('CONFIG_INVALID', 'The configuration file must hold one JSON object');
  }
  const raw = structuredClone(fromFile) as Record<string, unknown>;
  for (const [name, path] of Object.entries(environment)) {
    const value = env[name];
    if (value !== undefined && value !== '') setPath(raw, path, value);
  }
  const completed = Value.Convert(configSchema, Value.Default(configSchema, raw));
  const firstError = Value.Errors(configSchema, completed).First();
  if (firstError !== undefined) {
    throw new AppError('CONFIG_INVALID', `Setting ${firstError.path.slice(1).replaceAll('/', '.') || '(root)'}: ${firstError.message}`);
  }
  const config = completed as Config;
  if (!isLoopback(config.http.host) && config.http.token === undefined) {
    throw new AppError('CONFIG_INVALID', `Setting http.host: ${config.http.host} is reachable from other machines, so http.token must be set`);
  }
  if (!isLoopback(config.dicom.host) && config.dicom.peers.length === 0 && !config.dicom.openToAnyPeer) {
    throw new AppError('CONFIG_INVALID', `Setting dicom.host: ${config.dicom.host} is reachable from other machines, so dicom.peers must name who may store (or dicom.openToAnyPeer must be true)`);
  }
  return config;
}

/** The settings as they may be printed: secrets replaced. */
export function printableConfig(config: Config): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown> & { http: Record<string, unknown> };
  if (config.http.token !== undefined) copy.http['token'] = '[secret]';
  if (config.redisUrl !== undefined) copy['redisUrl'] = config.redisUrl.replace(/\/\/[^@/]*@/, '//[secret]@');
  copy['destinations'] = config.destinations.map((destination) =>
    destination.kind === 'stow' && destination.headers !== undefined
      ? { ...destination, headers: Object.fromEntries(Object.keys(destination.headers).map((name) => [name, '[secret]'])) }
      : destination);
  return copy;
}
