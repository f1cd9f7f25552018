/** Passwords as argon2id (RFC 9106), in the PHC string format so that parameters can be raised later. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';

const derive = promisify(argon2);
/** OWASP's first choice: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagLength = 32;
const minLength = 12;
const maxLength = 256;

function encoded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/u, '');
}

export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive('argon2id', { message: password.normalize('NFC'), nonce, tagLength, ...cost });
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${encoded(nonce)}$${encoded(tag)}`;
}

/** Takes as long for an account that does not exist: compare with any hash then. */
export async function isPassword(password: string, phc: string): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(phc);
  if (match === null) throw new AppError('INTERNAL', 'A stored password has no form that is known');
  const tag = Buffer.from(match[5]!, 'base64');
  const found = await derive('argon2id', {
    message: password.normalize('NFC'), nonce: Buffer.from(match[4]!, 'base64'), tagLength: tag.length,
    memory: Number(match[1]), passes: Number(match[2]), parallelism: Number(match[3]),
  });
  return timingSafeEqual(found, tag);
}

/** Length is what counts (NIST SP 800-63B); nothing is demanded of its characters. @throws AppError ACCOUNT_PASSWORD_WEAK */
export function checkNewPassword(password: string, username: string): void {
  const { length } = Array.from(password);
  if (length < minLength || length > maxLength) throw new AppError('ACCOUNT_PASSWORD_WEAK', `A password has ${minLength} to ${maxLength} characters`);
  if (password.toLowerCase().includes(username) || new Set(password).size < 5) throw new AppError('ACCOUNT_PASSWORD_WEAK', 'A password does not hold the name of its account or a few characters only');
}

const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A first password that is read out or written down: no letters that look alike. */
export function inventPassword(): string {
  const group = (): string => Array.from(randomBytes(5), (byte) => letters[byte % letters.length]).join('');
  return [group(), group(), group(), group()].join('-');
}
