/** A real OpenID Connect provider in this process, on loopback. People log in by their subject, with any password. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export interface Person {
  readonly name: string;
  readonly preferred_username: string;
  readonly groups: readonly string[];
}

/** What the token endpoint answers. */
interface TokenAnswer {
  id_token: string;
}

export interface TestProvider {
  readonly issuer: string;
  /** By subject; a test may change them between two logins. */
  readonly people: Map<string, Person>;
  /** Changes what the token endpoint answers, as somebody in between could. */
  tamper: ((answer: TokenAnswer) => void) | undefined;
  /** While it is not, every connection breaks. */
  isUp: boolean;
  /** The ID token with other claims, signed with the provider's key or another one under the same name. */
  resigned(idToken: string, claims: Readonly<Record<string, unknown>>, key?: KeyObject): string;
  close(): Promise<void>;
}

export interface TestClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callback: string;
  readonly afterLogout: string;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startIdentityProvider(client: TestClient): Promise<TestProvider> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const people = new Map<string, Person>();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [client.callback], post_logout_redirect_uris: [client.afterLogout],
      grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
    }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'only', use: 'sig', alg: 'RS256' }] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    findAccount: (_context, sub) => {
      const person = people.get(sub);
      return person === undefined ? undefined : { accountId: sub, claims: () => ({ sub, ...person }) };
    },
  });

  const made: TestProvider = {
    issuer, people, tamper: undefined, isUp: true,
    resigned(idToken, claims, key = privateKey) {
      const [, payload] = idToken.split('.');
      const said = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as Record<string, unknown>;
      const content = `${encoded({ alg: 'RS256', typ: 'JWT', kid: 'only' })}.${encoded({ ...said, ...claims })}`;
      return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  provider.use(async (context, next) => {
    if (!made.isUp) {
      context.req.socket.destroy();
      return;
    }
    await next();
    if (context.path === '/token' && context.status === 200) made.tamper?.(context.body as TokenAnswer);
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  return made;
}
