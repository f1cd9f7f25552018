/**
 * Alerts to a web address: a JSON POST with a signature. `X-Phoi-Signature: sha256=HEX` is the HMAC-SHA-256 of
 * `X-Phoi-Timestamp`, a dot and the body, so that a message that was listened to cannot be sent again later as new.
 */
import { createHmac } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { WebhookSettings } from './settings.ts';
import type { Channel } from './types.ts';
import { explain } from './words.ts';

const answerWithinMs = 30_000;

export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

export function createWebhook({ name, url, secret }: WebhookSettings, version: string, now: () => Date): Channel {
  return {
    name,
    async send(notice, signal) {
      const { id, event, at, alert } = notice;
      const body = JSON.stringify({ format: 1, id, event, at, alert, text: explain(notice), version });
      const timestamp = String(Math.floor(now().getTime() / 1000));
      let status: number;
      try {
        const response = await fetch(url, {
          method: 'POST', body, signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
          // Only the configured address is called: an answer cannot send us elsewhere, e.g. to a service behind the firewall.
          redirect: 'manual',
          headers: { 'content-type': 'application/json', 'user-agent': `phoi/${version}`, 'x-phoi-timestamp': timestamp, 'x-phoi-signature': signatureOf(secret, timestamp, body) },
        });
        ({ status } = response);
        // What it says beyond the status is not read: it may be endless.
        await response.body?.cancel();
      } catch (error) {
        throw new AppError('ALERT_NOT_TAKEN', 'The webhook could not be called', { cause: error });
      }
      if (status < 200 || status > 299) throw new AppError('ALERT_NOT_TAKEN', `The webhook answered ${status}`);
    },
  };
}
