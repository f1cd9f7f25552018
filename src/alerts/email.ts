/** Alerts by e-mail, through the site's own relay. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { AppError } from '../errors.ts';
import type { EmailSettings } from './settings.ts';
import type { Channel } from './types.ts';
import { explain, headline } from './words.ts';

const connectionTimeoutMs = 15_000;
const silenceTimeoutMs = 30_000;

/** @throws of the file system when `caFile` cannot be read */
export function createEmail(settings: EmailSettings, publicUrl: string | undefined): Channel {
  const { host, port, tls, caFile, user, password, from, to } = settings;
  const transport = createTransport({
    host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2', ...(caFile !== undefined && { ca: readFileSync(caFile) }) },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: connectionTimeoutMs, greetingTimeout: connectionTimeoutMs, socketTimeout: silenceTimeoutMs,
    disableFileAccess: true, disableUrlAccess: true,
  });
  return {
    name: 'email',
    async send(notice, signal) {
      const { alert, id } = notice;
      const lines = [explain(notice), '', `Since ${alert.since}.`, ...(publicUrl === undefined ? [] : [`Dashboard: ${new URL('/dashboard', publicUrl).href}`])];
      const settled = new AbortController();
      // The library cannot be interrupted: a message under way when the service ends is sent again after the start.
      const ended = once(signal, 'abort', { signal: settled.signal }).then(() => { throw new AppError('CANCELLED', 'The service ends'); });
      try {
        await Promise.race([ended, transport.sendMail({ from, to: [...to], subject: headline(notice), text: lines.join('\n'), messageId: `<${id}@phoi.invalid>` })]);
      } catch (error) {
        throw new AppError('ALERT_NOT_TAKEN', 'The mail server did not take the message', { cause: error });
      } finally {
        settled.abort();
      }
    },
  };
}
