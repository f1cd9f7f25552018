/** Unique identifiers: PS3.5 section 9 and Annex B (the `2.25.` root made from UUIDs). */
import { createHash, randomUUID } from 'node:crypto';

import { AppError } from '../errors.ts';

declare const uidBrand: unique symbol;
/** A string that satisfies PS3.5 9.1; made by {@link parseUID}, {@link uidFromName} or {@link randomUID}. */
export type UID = string & { readonly [uidBrand]: true };

const pattern = /^[0-9]+(?:\.[0-9]+)*$/u;

/**
 * True for 1–64 characters of dot-separated numbers. Leading zeros in a component, which PS3.5 9.1 forbids, are let
 * through: old equipment writes them, and neither its images nor a report on them may be refused for it.
 */
export function isUID(text: unknown): text is UID {
  return typeof text === 'string' && text.length <= 64 && pattern.test(text);
}

/**
 * The UID that the text is, trailing padding (NUL or space) removed.
 * @throws AppError DICOM_INVALID_UID. The offending text is not repeated: it may be anything.
 */
export function parseUID(text: unknown, what = 'UID'): UID {
  const trimmed = typeof text === 'string' ? text.replace(/[\0 ]+$/u, '') : text;
  if (!isUID(trimmed)) throw new AppError('DICOM_INVALID_UID', `${what} is not a valid DICOM UID`);
  return trimmed;
}

/** ISO OID namespace of RFC 4122, Appendix C. */
const oidNamespace = Buffer.from('6ba7b8129dad11d180b400c04fd430c8', 'hex');

/**
 * The same UID for the same name, always: `2.25.` + UUIDv5 in the OID namespace (PS3.5 B.2).
 * Put everything that makes the object's content into the name, since a UID never stands for two contents.
 */
export function uidFromName(name: string): UID {
  const digest = createHash('sha1').update(oidNamespace).update(name, 'utf8').digest().subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return uidFromUUID(digest.toString('hex'));
}

/** A new UID, unique by 122 random bits. */
export function randomUID(): UID {
  return uidFromUUID(randomUUID());
}

/** The UID of a UUID given as 32 hexadecimal digits, hyphens allowed (PS3.5 B.2). */
export function uidFromUUID(uuid: string): UID {
  return parseUID(`2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`).toString()}`);
}
