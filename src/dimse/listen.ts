/** TCP and TLS listeners of the SCP. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { TellRefused } from './acceptor.ts';
import { loadServerTls, type ServerTlsFiles } from './tls.ts';

export interface Listener {
  readonly port: number;
  /** Stops listening; connections that were accepted are not touched. */
  close(): Promise<void>;
}

/** Rejects when the address cannot be bound. Port 0 lets the system choose. */
export async function listen(server: Server, address: { readonly host: string; readonly port: number }, log: Log): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error({ reason: error.message }, 'DIMSE listener failed'));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export interface TlsListenerOptions {
  /** Gets a connection once its handshake is through and its certificate, where one was shown, is good. */
  readonly accept: (socket: Socket) => void;
  readonly handshakeMs: number;
  /** How often certificate, key and authorities are read anew: they are renewed while the service runs. Default a day. */
  readonly renewMs?: number;
  /** Connections at a time, in whatever state; more are closed at once. */
  readonly maxConnections: number;
  readonly onRefused?: TellRefused;
  readonly log: Log;
}

const warnBeforeDays = 30;
const dayMs = 86_400_000;

/** Peers stop connecting on the day it ends: somebody should know before. */
function warnOfExpiry({ certFile }: ServerTlsFiles, log: Log): void {
  const validTo = new X509Certificate(readFileSync(certFile)).validToDate;
  const days = Math.floor((validTo.getTime() - Date.now()) / 86_400_000);
  if (days < warnBeforeDays) log.warn({ validTo: validTo.toISOString(), days }, days < 0 ? 'The TLS certificate of this service has expired' : 'The TLS certificate of this service expires soon');
}

/** Errors: those of binding; CONFIG_INVALID when a file cannot be used. */
export async function startTlsListener(tls: ServerTlsFiles & { readonly host: string; readonly port: number }, options: TlsListenerOptions): Promise<Listener> {
  const { log } = options;
  const connected = new Set<Socket>();
  const server = createTlsServer({ ...loadServerTls(tls), handshakeTimeout: options.handshakeMs });
  server.on('connection', (raw: Socket) => {
    if (connected.size >= options.maxConnections) {
      log.warn({ connections: connected.size }, 'Too many TLS connections, one closed unheard');
      raw.destroy();
      return;
    }
    connected.add(raw);
    raw.once('close', () => connected.delete(raw));
  });
  server.on('secureConnection', (socket) => {
    // Where no certificate is demanded, one that is shown and does not hold is still a reason to part.
    const shown = Object.keys(socket.getPeerCertificate()).length > 0;
    if (shown && !socket.authorized) {
      log.warn({ remoteAddress: socket.remoteAddress, reason: String(socket.authorizationError) }, 'TLS client certificate refused');
      options.onRefused?.({ remoteAddress: socket.remoteAddress ?? '', what: 'TLS client certificate refused' });
      socket.destroy();
      return;
    }
    options.accept(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    log.warn({ remoteAddress: socket.remoteAddress, reason: error.message }, 'TLS handshake failed');
    options.onRefused?.({ remoteAddress: socket.remoteAddress ?? '', what: 'TLS handshake failed' });
    socket.destroy();
  });
  const listener = await listen(server, tls, log);
  warnOfExpiry(tls, log);
  const renewal = setInterval(() => {
    try {
      server.setSecureContext(loadServerTls(tls));
      warnOfExpiry(tls, log);
    } catch (error) {
      log.error({ reason: toAppError(error).message }, 'The TLS files of this service cannot be read anew: those of before stay in use');
    }
  }, options.renewMs ?? dayMs);
  renewal.unref();
  return {
    port: listener.port,
    async close() {
      clearInterval(renewal);
      const closed = listener.close();
      for (const raw of connected) raw.destroy();
      await closed;
    },
  };
}
