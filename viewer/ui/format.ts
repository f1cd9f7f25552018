import { language, locale, optional, t } from '../i18n/index.ts';

/** "NGUYEN^VAN A" for people: family name first, then the rest (PS3.5 6.2 PN). */
export function personName(value: string): string {
  const [alphabetic = '', ideographic = ''] = value.split('=');
  const parts = alphabetic.split('^').map((part) => part.trim());
  const [family = '', given = '', middle = ''] = parts;
  const rest = [given, middle].filter((part) => part !== '').join(' ');
  // Vietnamese names are written family first without a comma.
  const separator = language() === 'vi' ? ' ' : ', ';
  const name = [family, rest].filter((part) => part !== '').join(separator);
  const shown = name === '' ? ideographic.replaceAll('^', ' ').trim() : name;
  return shown === '' ? t('worklist.noName') : shown;
}

function fromDicomDate(value: string): Date | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  if (match === null) return undefined;
  const date = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** English names the month, since 02/03 reads differently on the two sides of the Atlantic. */
function dayMonthYear(): Intl.DateTimeFormatOptions {
  return { day: '2-digit', month: language() === 'en' ? 'short' : '2-digit', year: 'numeric' };
}

/** A DICOM DA value in the reader's language; empty when there is none. */
export function dicomDate(value: string): string {
  const date = fromDicomDate(value);
  if (date === undefined) return value;
  return new Intl.DateTimeFormat(locale(), { ...dayMonthYear(), timeZone: 'UTC' }).format(date);
}

/** A DICOM TM value as hours and minutes; empty when there is none. */
export function dicomTime(value: string): string {
  const match = /^(\d{2})(\d{2})/.exec(value);
  return match === null ? '' : `${match[1] ?? ''}:${match[2] ?? ''}`;
}

/** Sex and age at the study, as far as they are known: "F, 65". */
export function sexAndAge(person: { readonly patientSex: string; readonly patientBirthDate: string; readonly studyDate: string }): string {
  const age = ageAt(person.patientBirthDate, person.studyDate);
  const sex = optional(`sex.${person.patientSex}`) ?? person.patientSex;
  return [sex, age === undefined ? '' : String(age)].filter((part) => part !== '').join(', ');
}

/** Full years at the day of the study. */
export function ageAt(birthDate: string, studyDate: string): number | undefined {
  const birth = fromDicomDate(birthDate);
  const day = fromDicomDate(studyDate);
  if (birth === undefined || day === undefined || day < birth) return undefined;
  const years = day.getUTCFullYear() - birth.getUTCFullYear();
  const before = day.getUTCMonth() < birth.getUTCMonth()
    || (day.getUTCMonth() === birth.getUTCMonth() && day.getUTCDate() < birth.getUTCDate());
  return before ? years - 1 : years;
}

/** Time of day for today, date and time otherwise. */
export function moment(iso: string, now = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const sameDay = date.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale(), {
    ...(sameDay ? { second: '2-digit' } : dayMonthYear()),
    hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(date);
}

export function decimal(value: number, digits: number): string {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value).replace('-', '\u2212');
}

export function integer(value: number): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(value);
}

/** A whole number without grouping, as windows and Hounsfield units are written. */
export function plain(value: number): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 0, useGrouping: false }).format(value).replace('-', '\u2212');
}

/** A probability as whole percent; what is neither certain nor impossible is not rounded to look so. */
export function probabilityPercent(probability: number): string {
  const isExtreme = probability <= 0 || probability >= 1;
  return percent(isExtreme ? probability : Math.min(0.99, Math.max(0.01, probability)));
}

/** 0..1 as whole percent. */
export function percent(fraction: number): string {
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 0 }).format(fraction);
}
