/** DICOM dates as days (PS3.5 6.2, DA). */

const dayMs = 86_400_000;

/** Days since 1970-01-01; undefined for what is no date of the calendar. */
export function dayOf(date: string | undefined): number | undefined {
  const parts = /^(\d{4})\.?(\d{2})\.?(\d{2})$/u.exec((date ?? '').trim());
  if (parts === null) return undefined;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  return at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? Math.round(at.getTime() / dayMs) : undefined;
}

/** Whole days from the first to the second; undefined where one is no date. */
export function daysBetween(from: string | undefined, to: string | undefined): number | undefined {
  const [first, second] = [dayOf(from), dayOf(to)];
  return first === undefined || second === undefined ? undefined : second - first;
}

/** Completed years of age on a date; undefined where one is no date or the birth lies after it. */
export function yearsBetween(birth: string | undefined, on: string | undefined): number | undefined {
  if (dayOf(birth) === undefined || dayOf(on) === undefined) return undefined;
  const [from, to] = [Number(birth!.trim().replaceAll('.', '')), Number(on!.trim().replaceAll('.', ''))];
  return to < from ? undefined : Math.floor((to - from) / 10_000);
}
