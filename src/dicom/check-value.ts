/** What PS3.5 section 6.2 allows in a value; the writer refuses everything else. */
import { maximumCharacters } from './vr.ts';
import { isUID } from './uid.ts';

const patterns: Readonly<Record<string, RegExp>> = {
  AE: /^[\x20-\x5b\x5d-\x7e]*$/u,
  AS: /^[0-9]{3}[DWMY]$/u,
  CS: /^[A-Z0-9 _]*$/u,
  DA: /^[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$/u,
  DS: /^[ ]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ ]*$/u,
  DT: /^[0-9]{4}(?:[0-9]{2}){0,5}(?:\.[0-9]{1,6})?(?:[+-][0-9]{4})?$/u,
  IS: /^[ ]*[+-]?[0-9]{1,10}[ ]*$/u,
  TM: /^(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?$/u,
};
// Control characters other than those of free text (TAB, LF, FF, CR) and ESC are never allowed (PS3.5 6.1.3).
const controlInText = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/u;
const controlInLine = /[\x00-\x1a\x1c-\x1f\x7f]/u;
const integerRange: Readonly<Record<string, readonly [number, number]>> = {
  US: [0, 0xffff], SS: [-0x8000, 0x7fff], UL: [0, 0xffff_ffff], SL: [-0x8000_0000, 0x7fff_ffff],
};

/** Why a text value is not allowed in the VR, undefined when it is. */
export function textFault(vr: string, value: string): string | undefined {
  if (vr === 'UI') return isUID(value) ? undefined : 'is not a UID';
  const limit = maximumCharacters[vr];
  const longest = vr === 'PN' ? Math.max(...value.split('=').map((group) => group.length)) : value.length;
  if (limit !== undefined && longest > limit) return `is longer than ${limit} characters`;
  const free = vr === 'LT' || vr === 'ST' || vr === 'UT';
  if ((free ? controlInText : controlInLine).test(value)) return 'holds a control character';
  if (!free && vr !== 'UR' && value.includes('\\')) return 'holds a backslash';
  const pattern = patterns[vr];
  if (pattern !== undefined && value !== '' && !pattern.test(value)) return `does not have the form of ${vr}`;
  if (vr === 'IS' && !(Math.abs(Number(value)) <= 2 ** 31)) return 'is out of range';
  return undefined;
}

/** Why a number is not allowed in the binary VR, undefined when it is. */
export function numberFault(vr: string, value: number): string | undefined {
  const range = integerRange[vr];
  if (range === undefined) return undefined;
  return Number.isInteger(value) && value >= range[0] && value <= range[1] ? undefined : `is not in the range of ${vr}`;
}

/** A decimal string of at most 16 characters that is as near as can be (PS3.5 6.2, DS); undefined for NaN and infinity. */
export function formatDecimalString(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  const shortest = String(value);
  if (shortest.length <= 16) return shortest;
  for (let digits = 16; digits > 0; digits -= 1) {
    const candidate = String(Number(value.toPrecision(digits)));
    if (candidate.length <= 16) return candidate;
    const scientific = value.toExponential(digits - 1).replace('e+', 'e');
    if (scientific.length <= 16) return scientific;
  }
  return '0';
}
