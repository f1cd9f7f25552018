/** What the schema of the alerts cannot say, and how they may be printed. */
import type { AlertSettings } from './settings.ts';

/** The setting and what is wrong with it. */
export function mistakeInAlerts({ webhooks, email }: AlertSettings): string | undefined {
  const names = webhooks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index || name === 'email');
  if (twice !== undefined) return `webhooks: the name ${twice} is taken`;
  const wrong = webhooks.find(({ url }) => !URL.canParse(url));
  if (wrong !== undefined) return `webhooks.${wrong.name}.url: is no address`;
  if (email?.user !== undefined && email.tls === 'none') return 'email.user: a password is not sent without TLS';
  if (email !== undefined && (email.user === undefined) !== (email.password === undefined)) return 'email.password: user and password go together';
  return undefined;
}

/** The path of an address may be its secret. */
export function printableAlerts(settings: AlertSettings): Record<string, unknown> {
  const { webhooks, email, ...thresholds } = settings;
  return {
    ...thresholds,
    webhooks: webhooks.map(({ name, url }) => ({ name, url: `${new URL(url).origin}/[secret]`, secret: '[secret]' })),
    ...(email !== undefined && { email: { ...email, ...(email.password !== undefined && { password: '[secret]' }) } }),
  };
}
