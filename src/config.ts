/**
 * Every setting, from one schema: defaults, then the configuration file, then the environment.
 * Only this file reads process.env; `loadConfig` is pure so that tests can call it.
 */
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { mistakeInAlerts, printableAlerts } from './alerts/check-settings.ts';
import { alertsSchema } from './alerts/settings.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { completeDestination, explainDestination, mistakeIn } from './delivery/check-destinations.ts';
import { aeTitleSchema, clientTlsSchema, destinationSchema, portSchema } from './delivery/destination-settings.ts';
import { isAddressRule } from './dimse/negotiation.ts';
import { AppError } from './errors.ts';
import { mistakeInOidc } from './oidc/check-oidc.ts';
import { oidcSchema } from './oidc/settings.ts';
import { mistakeInSites } from './sites/check-sites.ts';
import { siteSchema } from './sites/settings.ts';

const configSchema = Type.Object({
  http: Type.Object({
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
    host: Type.String({ default: '127.0.0.1' }),
    publicUrl: Type.Optional(Type.String({ pattern: '^https?://' })),
    token: Type.Optional(Type.String({ minLength: 16 })),
    /** People log in with accounts (`phoi accounts add`), programs come with tokens of their own. */
    accounts: Type.Boolean({ default: false }),
    /** Of one account, or one address without a login. */
    requestsPerMinute: Type.Integer({ minimum: 60, default: 120_000 }),
    /** Addresses or networks of reverse proxies: they say where a request comes from (X-Forwarded-For). */
    trustedProxies: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
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
      aeTitle: aeTitleSchema,
      address: Type.Optional(Type.String()),
      /** Where it listens itself: for storage commitment reports and for results that go back to the sender. */
      host: Type.Optional(Type.String({ minLength: 1 })),
      port: Type.Optional(portSchema),
      /** It is called with TLS. */
      tls: Type.Optional(clientTlsSchema),
      /** It may call only with TLS. */
      requireTls: Type.Optional(Type.Boolean()),
      maxAssociations: Type.Optional(Type.Integer({ minimum: 1 })),
    }, { additionalProperties: false }), { default: [] }),
    /** A second port with TLS; PEM files. */
    tls: Type.Optional(Type.Object({
      port: Type.Integer({ minimum: 0, maximum: 65535, default: 2762 }),
      /** That of the other port when left out. */
      host: Type.Optional(Type.String()),
      certFile: Type.String({ minLength: 1 }),
      keyFile: Type.String({ minLength: 1 }),
      /** Authorities of the clients' certificates. */
      clientCaFile: Type.Optional(Type.String({ minLength: 1 })),
      requireClientCertificate: Type.Boolean({ default: false }),
    }, { additionalProperties: false })),
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
  inference: Type.Object({
    /** Where graphs run; what the installed runtime lacks falls back to the CPU, with a reason in the log and in the result. */
    provider: Type.Union([Type.Literal('cpu'), Type.Literal('cuda'), Type.Literal('webgpu')], { default: 'cpu' }),
    /** Of one worker. */
    threads: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
  }, { default: {}, additionalProperties: false }),
  job: Type.Object({
    timeoutSeconds: Type.Number({ minimum: 1, default: 900 }),
    maxMemoryMiB: Type.Integer({ minimum: 256, default: 6144 }),
    maxAttempts: Type.Integer({ minimum: 1, default: 4 }),
    /** A worker that has not renewed its claim for so long is taken for dead, and its job given to another. */
    leaseSeconds: Type.Number({ minimum: 1, default: 30 }),
  }, { default: {}, additionalProperties: false }),
  destinations: Type.Array(destinationSchema, { default: [] }),
  /** Forms of the result besides report, segmentation, presentation state and key objects. */
  results: Type.Object({
    /** Of pictures and documents. */
    language: Type.Union([Type.Literal('en'), Type.Literal('vi'), Type.Literal('both')], { default: 'en' }),
    secondaryCapture: Type.Boolean({ default: true }),
    pdf: Type.Boolean({ default: false }),
    chestCadSr: Type.Boolean({ default: false }),
    enhancedSr: Type.Boolean({ default: false }),
    labelmap: Type.Boolean({ default: false }),
  }, { default: {}, additionalProperties: false }),
  /** Parts of the network that see their own studies only; who is not limited to sites sees all. */
  sites: Type.Array(siteSchema, { default: [] }),
  /** Studies are removed so many days after the last change, when they are signed or not analysed and delivered; never when it is left out. */
  retention: Type.Object({
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 36_500 })),
  }, { default: {}, additionalProperties: false }),
  /** Logs people in with the accounts of the house; local accounts stay beside it. */
  oidc: Type.Optional(oidcSchema),
  alerts: alertsSchema,
  redisUrl: Type.Optional(Type.String({ pattern: '^rediss?://' })),
  databaseUrl: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  /** Tells servers apart that share a data folder: each keeps its own audit trail under its name. */
  serverName: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' })),
  /** Where a worker on another host fetches instances. */
  archive: Type.Object({
    /** DICOMweb of the server, or of an archive that holds the same studies. */
    url: Type.Optional(Type.String({ pattern: '^https?://' })),
    /** Presented as Bearer (`phoi accounts token`). */
    token: Type.Optional(Type.String({ minLength: 1 })),
    /** Where an archive wants others, e.g. Authorization of Basic. */
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    tls: Type.Optional(clientTlsSchema),
    /** Requests at a time. */
    connections: Type.Integer({ minimum: 1, maximum: 32, default: 4 }),
  }, { default: {}, additionalProperties: false }),
  logLevel: Type.Union(['trace', 'debug', 'info', 'warn', 'error', 'silent'].map((level) => Type.Literal(level)), { default: 'info' }),
}, { additionalProperties: false });

export type Config = DeepReadonly<Static<typeof configSchema>>;

/** Environment variable → path of the setting. Values are converted by the schema. */
const environment: Readonly<Record<string, string>> = {
  PHOI_HTTP_PORT: 'http.port',
  PHOI_HTTP_HOST: 'http.host',
  PHOI_HTTP_TOKEN: 'http.token',
  PHOI_ACCOUNTS: 'http.accounts',
  PHOI_PUBLIC_URL: 'http.publicUrl',
  PHOI_DICOM_PORT: 'dicom.port',
  PHOI_DICOM_HOST: 'dicom.host',
  PHOI_AE_TITLE: 'dicom.aeTitle',
  PHOI_DATA_DIR: 'dataDir',
  PHOI_SERIES_QUIET_SECONDS: 'completeness.seriesQuietSeconds',
  PHOI_WORKERS: 'workers',
  PHOI_MODELS_DIR: 'modelsDir',
  PHOI_MODEL: 'model',
  PHOI_RESULT_LANGUAGE: 'results.language',
  PHOI_OIDC_CLIENT_SECRET: 'oidc.clientSecret',
  PHOI_LOG_LEVEL: 'logLevel',
  REDIS_URL: 'redisUrl',
  DATABASE_URL: 'databaseUrl',
  PHOI_SERVER_NAME: 'serverName',
  PHOI_ARCHIVE_URL: 'archive.url',
  PHOI_ARCHIVE_TOKEN: 'archive.token',
  PHOI_ARCHIVE_CA_FILE: 'archive.tls.caFile',
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
  if (Array.isArray(raw['destinations'])) raw['destinations'] = raw['destinations'].map(completeDestination);
  const completed = Value.Convert(configSchema, Value.Default(configSchema, raw));
  const firstError = Value.Errors(configSchema, completed).First();
  if (firstError !== undefined) {
    const path = firstError.path.slice(1).replaceAll('/', '.') || '(root)';
    const inside = /^destinations\.\d+$/u.test(path) ? explainDestination(firstError.value) : undefined;
    throw new AppError('CONFIG_INVALID', `Setting ${path}${inside === undefined ? `: ${firstError.message}` : `.${inside}`}`);
  }
  const config = completed as Config;
  const mistake = mistakeIn(config.destinations, config.results);
  if (mistake !== undefined) throw new AppError('CONFIG_INVALID', `Setting destinations.${mistake}`);
  const foreign = config.destinations.find(({ language }) => language !== undefined && config.results.language !== 'both' && language !== config.results.language);
  if (foreign !== undefined) {
    throw new AppError('CONFIG_INVALID', `Setting destinations.${foreign.name}.language: results.language must be "${foreign.language}" or "both", or nothing is made in that language`);
  }
  const siteMistake = mistakeInSites(config.sites);
  if (siteMistake !== undefined) throw new AppError('CONFIG_INVALID', `Setting sites.${siteMistake}`);
  const oidcMistake = config.oidc === undefined ? undefined : mistakeInOidc(config.oidc, {
    accounts: config.http.accounts, sites: config.sites.map(({ name }) => name), ...(config.http.publicUrl === undefined ? {} : { publicUrl: config.http.publicUrl }),
  });
  if (oidcMistake !== undefined) throw new AppError('CONFIG_INVALID', `Setting oidc: ${oidcMistake}`);
  const proxy = config.http.trustedProxies.find((address) => !isAddressRule(address));
  if (proxy !== undefined) throw new AppError('CONFIG_INVALID', `Setting http.trustedProxies: ${proxy} is neither an IP address nor a network such as 10.1.0.0/16`);
  if (!isLoopback(config.http.host) && config.http.token === undefined && !config.http.accounts) {
    throw new AppError('CONFIG_INVALID', `Setting http.host: ${config.http.host} is reachable from other machines, so http.accounts or http.token must be set`);
  }
  if (config.http.accounts && config.http.token !== undefined) {
    throw new AppError('CONFIG_INVALID', 'Setting http.token: with http.accounts programs have tokens of their own (phoi accounts token)');
  }
  if (config.serverName !== undefined && (config.databaseUrl === undefined || config.redisUrl === undefined)) {
    throw new AppError('CONFIG_INVALID', 'Setting serverName: servers that share a data folder also share databaseUrl and redisUrl');
  }
  const mute = mistakeInAlerts(config.alerts);
  if (mute !== undefined) throw new AppError('CONFIG_INVALID', `Setting alerts.${mute}`);
  if (config.archive.url !== undefined && config.redisUrl === undefined) {
    throw new AppError('CONFIG_INVALID', 'Setting archive.url: a worker without the disk of the server needs redisUrl (REDIS_URL) to get its jobs');
  }
  const { tls } = config.dicom;
  if (tls?.requireClientCertificate === true && tls.clientCaFile === undefined) {
    throw new AppError('CONFIG_INVALID', 'Setting dicom.tls.clientCaFile: requireClientCertificate needs the authorities of the clients');
  }
  const open = [config.dicom.host, tls?.host ?? config.dicom.host].find((host) => !isLoopback(host));
  if (open !== undefined && config.dicom.peers.length === 0 && !config.dicom.openToAnyPeer) {
    throw new AppError('CONFIG_INVALID', `Setting dicom.host: ${open} is reachable from other machines, so dicom.peers must name who may store (or dicom.openToAnyPeer must be true)`);
  }
  return config;
}

/** Neither the user's part nor a query, which may hold a password as well. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/u, '//[secret]@').replace(/\?.*$/u, '?[secret]');
}

function withoutValues(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, '[secret]']));
}

/** The settings as they may be printed: secrets replaced. */
export function printableConfig(config: Config): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown> & { http: Record<string, unknown>; archive: Record<string, unknown> };
  if (config.http.token !== undefined) copy.http['token'] = '[secret]';
  if (config.archive.token !== undefined) copy.archive['token'] = '[secret]';
  if (config.archive.headers !== undefined) copy.archive['headers'] = withoutValues(config.archive.headers);
  if (config.oidc?.clientSecret !== undefined) copy['oidc'] = { ...config.oidc, clientSecret: '[secret]' };
  if (config.redisUrl !== undefined) copy['redisUrl'] = withoutPassword(config.redisUrl);
  if (config.databaseUrl !== undefined) copy['databaseUrl'] = withoutPassword(config.databaseUrl);
  copy['alerts'] = printableAlerts(config.alerts);
  copy['destinations'] = config.destinations.map((destination) =>
    destination.kind === 'stow' && destination.headers !== undefined
      ? { ...destination, headers: withoutValues(destination.headers) }
      : destination);
  return copy;
}
