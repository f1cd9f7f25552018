/** Rounds to so many decimal digits, as `findings.json` writes its numbers. */
export function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
