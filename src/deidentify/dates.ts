/** Dates moved by whole days. */

/** A DA (PS3.5 6.2) so many days earlier; undefined for what is no date, as it may be anything. */
export function moveDate(text: string, days: number): string | undefined {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/u.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year < 1000 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCDate(day - days);
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}

/** A DT whose date is whole, its time kept and its zone dropped; undefined for anything else. */
export function moveDateTime(text: string, days: number): string | undefined {
  const match = /^(\d{8})(\d{0,6}(?:\.\d{1,6})?)(?:[+-]\d{4})?$/u.exec(text.trim());
  const date = match === null ? undefined : moveDate(match[1]!, days);
  return date === undefined ? undefined : date + (match![2] ?? '');
}
