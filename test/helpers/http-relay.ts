/** An HTTP relay that passes requests on to a real service, and can misbehave as a network or a busy archive does. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates.ts';

export type RelayAction =
  | 'pass'
  /** Answered by the relay itself. */
  | { readonly status: number }
  /** The connection is reset after so many bytes of the answer's body. */
  | { readonly cutAfterBytes: number }
  /** The body's bytes after the first few wait for this. */
  | { readonly hold: Promise<unknown> };

export interface HttpRelay {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly paths: readonly string[];
  close(): Promise<void>;
}

async function passOn(answer: IncomingMessage, response: ServerResponse, action: RelayAction): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  let left = typeof action === 'object' && 'cutAfterBytes' in action ? action.cutAfterBytes : Infinity;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (chunk.length > left) {
      await new Promise<void>((resolve) => { response.write(chunk.subarray(0, left), () => resolve()); });
      response.socket?.resetAndDestroy();
      return;
    }
    left -= chunk.length;
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (typeof action === 'object' && 'hold' in action) await action.hold;
    if (response.destroyed) return;
  }
  response.end();
}

/** `target` is an origin such as `http://127.0.0.1:8080`. */
export async function startHttpRelay(
  target: string, options: { readonly act?: (path: string) => RelayAction; readonly tls?: KeyPair; readonly host?: string } = {},
): Promise<HttpRelay> {
  const paths: string[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '/';
    paths.push(path);
    const action = options.act?.(path) ?? 'pass';
    if (typeof action === 'object' && 'status' in action) {
      request.resume();
      response.writeHead(action.status).end();
      return;
    }
    const onward = ask(new URL(path, target), { method: request.method, headers: { ...request.headers, host: new URL(target).host } }, (answer) => {
      // Either side may be gone: whoever is left hears of it by its own connection.
      passOn(answer, response, action).catch(() => response.destroy());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server = options.tls === undefined ? createServer(handle)
    : createTlsServer({ cert: readFileSync(options.tls.certFile), key: readFileSync(options.tls.keyFile) }, handle);
  const host = options.host ?? '127.0.0.1';
  server.listen(0, host);
  await once(server, 'listening');
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${(server.address() as AddressInfo).port}`,
    paths,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
