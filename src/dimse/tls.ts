/**
 * Transport security of DIMSE and of deliveries over HTTPS: PS3.15 B.12 (BCP 195 as of RFC 9325). TLS 1.2 with forward
 * secrecy and authenticated encryption, or TLS 1.3; nothing older and no way to ask for it.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type ConnectionOptions, type PeerCertificate, type TlsOptions } from 'node:tls';
import { AppError, toAppError } from '../errors.ts';

/** Paths of PEM files of our side of a connection that we open. */
export interface ClientTlsFiles {
  /** Authorities that may have issued the peer's certificate; those of the system when absent. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The name in the peer's certificate, where it is not the host that is called. */
  readonly serverName?: string;
}

/** Paths of PEM files of our side of a connection that we accept. */
export interface ServerTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities of the certificates that clients show. */
  readonly clientCaFile?: string;
  readonly requireClientCertificate: boolean;
}

const floor = {
  minVersion: 'TLSv1.2',
  // RFC 9325 4.2.1 with the stronger hash and ChaCha20 beside; TLS 1.3 brings its own list.
  ciphers: [
    'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  ecdhCurve: 'X25519:P-256:P-384',
} as const;

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `${what} ${path} cannot be read: ${toAppError(error).message}`, { cause: error });
  }
}

/** Node passes over a file of authorities that holds none, and would then trust nobody, or everybody it knows. */
function readAuthorities(what: string, path: string): Buffer {
  const bytes = read(what, path);
  try {
    const certificates = bytes.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
    if (certificates.length === 0) throw new AppError('CONFIG_INVALID', 'it holds no PEM certificate');
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `${what} ${path} cannot be used: ${toAppError(error).message}`, { cause: error });
  }
  return bytes;
}

function checked<Options extends ConnectionOptions | TlsOptions>(options: Options): Options {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `TLS: certificate, key or authority cannot be used: ${toAppError(error).message}`, { cause: error });
  }
  return options;
}

/** Reads the files anew, so that a renewed certificate is used. Errors: CONFIG_INVALID naming the file. */
export function loadClientTls(files: ClientTlsFiles, host: string): ConnectionOptions {
  const name = files.serverName ?? host;
  return checked({
    ...floor,
    rejectUnauthorized: true,
    // An IP address is no server name indication (RFC 6066).
    ...(files.serverName === undefined || isIP(files.serverName) !== 0 ? {} : { servername: files.serverName }),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
    ...(files.caFile === undefined ? {} : { ca: readAuthorities('caFile', files.caFile) }),
    ...(files.certFile === undefined ? {} : { cert: read('certFile', files.certFile) }),
    ...(files.keyFile === undefined ? {} : { key: read('keyFile', files.keyFile) }),
  });
}

/** Errors: CONFIG_INVALID naming the file. */
export function loadServerTls(files: ServerTlsFiles): TlsOptions {
  if (files.requireClientCertificate && files.clientCaFile === undefined) {
    throw new AppError('CONFIG_INVALID', 'requireClientCertificate needs clientCaFile: the authorities of the clients');
  }
  return checked({
    ...floor,
    cert: read('certFile', files.certFile),
    key: read('keyFile', files.keyFile),
    ...(files.clientCaFile === undefined ? {} : { ca: readAuthorities('clientCaFile', files.clientCaFile) }),
    // A certificate that is shown is judged, also where none is demanded.
    requestCert: files.clientCaFile !== undefined,
    rejectUnauthorized: files.requireClientCertificate,
  });
}
