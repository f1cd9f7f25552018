/** The ways to somebody that the settings name. */
import { createEmail } from './email.ts';
import type { AlertSettings } from './settings.ts';
import type { Channel } from './types.ts';
import { createWebhook } from './webhook.ts';

/** @throws of the file system when a certificate cannot be read */
export function createChannels({ webhooks, email }: Pick<AlertSettings, 'webhooks'> & { readonly email: AlertSettings['email'] | undefined }, version: string, publicUrl: string | undefined): readonly Channel[] {
  return [...webhooks.map((webhook) => createWebhook(webhook, version, () => new Date())), ...(email === undefined ? [] : [createEmail(email, publicUrl)])];
}
