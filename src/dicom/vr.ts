/** Value representations, PS3.5 section 6.2 and Table 7.1-1. */

/** VRs whose explicit encoding has two reserved bytes and a 32-bit length. */
const longLength = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const shortLength = new Set([
  'AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FL', 'FD', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM', 'UI', 'UL', 'US',
]);
/** Affected by SpecificCharacterSet. */
const charsetVRs = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** Text in which a backslash is an ordinary character and leading spaces count. */
const singleText = new Set(['LT', 'ST', 'UT', 'UR']);

/** Bytes of one value of the fixed-size binary VRs. */
export const numericSize: Readonly<Record<string, number>> = {
  AT: 4, FL: 4, FD: 8, SL: 4, SS: 2, SV: 8, UL: 4, US: 2, UV: 8,
};
/** Bytes per word of the bulk VRs, for byte swapping. */
export const wordSize: Readonly<Record<string, number>> = { OB: 1, UN: 1, OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

export function isKnownVR(vr: string): boolean {
  return longLength.has(vr) || shortLength.has(vr);
}

export function hasLongLength(vr: string): boolean {
  return longLength.has(vr);
}

export function usesCharacterSet(vr: string): boolean {
  return charsetVRs.has(vr);
}

export function isSingleText(vr: string): boolean {
  return singleText.has(vr);
}

export function isBinary(vr: string): boolean {
  return Object.hasOwn(wordSize, vr);
}

/**
 * Maximum characters of one value (PS3.5 Table 6.2-1); undefined where it is bounded by the field's length only.
 * PN counts each component group.
 */
export const maximumCharacters: Readonly<Record<string, number>> = {
  AE: 16, AS: 4, CS: 16, DA: 8, DS: 16, DT: 26, IS: 12, LO: 64, LT: 10_240, PN: 64, SH: 16, ST: 1024, TM: 14, UI: 64,
};
