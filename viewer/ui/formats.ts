/** Names, dates and numbers as each of the languages writes them: functions of the language alone. */
import { locales, type Language } from '../i18n/locales.ts';

/** "NGUYEN^VAN A" for people: family name first, then the rest (PS3.5 6.2 PN); empty when there is none. */
export function personNameIn(language: Language, value: string): string {
  const [alphabetic = '', ideographic = ''] = value.split('=');
  const parts = alphabetic.split('^').map((part) => part.trim());
  const [family = '', given = '', middle = ''] = parts;
  const rest = [given, middle].filter((part) => part !== '').join(' ');
  // Vietnamese names are written family first without a comma.
  const separator = language === 'vi' ? ' ' : ', ';
  const name = [family, rest].filter((part) => part !== '').join(separator);
  return name === '' ? ideographic.replaceAll('^', ' ').trim() : name;
}

function fromDicomDate(value: string): Date | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  if (match === null) return undefined;
  const date = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** English names the month, since 02/03 reads differently on the two sides of the Atlantic. */
function dayMonthYear(language: Language): Intl.DateTimeFormatOptions {
  return { day: '2-digit', month: language === 'en' ? 'short' : '2-digit', year: 'numeric' };
}

/** A DICOM DA value; empty when there is none. */
export function dicomDateIn(language: Language, value: string): string {
  const date = fromDicomDate(value);
  if (date === undefined) return value;
  return new Intl.DateTimeFormat(locales[language], { ...dayMonthYear(language), timeZone: 'UTC' }).format(date);
}

/** A DICOM TM value as hours and minutes; empty when there is none. */
export function dicomTime(value: string): string {
  const match = /^(\d{2})(\d{2})/.exec(value);
  return match === null ? '' : `${match[1] ?? ''}:${match[2] ?? ''}`;
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
export function momentIn(language: Language, iso: string, now: Date): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const sameDay = date.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locales[language], {
    ...(sameDay ? { second: '2-digit' } : dayMonthYear(language)),
    hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(date);
}

/** The same apart; the date is empty for today. */
export function dayAndTimeIn(language: Language, iso: string, now: Date): { readonly date: string; readonly time: string } {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return { date: '', time: '' };
  return {
    date: date.toDateString() === now.toDateString() ? '' : new Intl.DateTimeFormat(locales[language], dayMonthYear(language)).format(date),
    time: new Intl.DateTimeFormat(locales[language], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date),
  };
}

export function decimalIn(language: Language, value: number, digits: number): string {
  return new Intl.NumberFormat(locales[language], { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value).replace('-', '\u2212');
}

export function integerIn(language: Language, value: number): string {
  return new Intl.NumberFormat(locales[language], { maximumFractionDigits: 0 }).format(value);
}

/** A whole number without grouping, as windows and Hounsfield units are written. */
export function plainIn(language: Language, value: number): string {
  return new Intl.NumberFormat(locales[language], { maximumFractionDigits: 0, useGrouping: false }).format(value).replace('-', '\u2212');
}

/** 0..1 as whole percent. */
export function percentIn(language: Language, fraction: number): string {
  return new Intl.NumberFormat(locales[language], { style: 'percent', maximumFractionDigits: 0 }).format(fraction);
}

/** A probability as whole percent; what is neither certain nor impossible is not rounded to look so. */
export function probabilityPercentIn(language: Language, probability: number): string {
  const isExtreme = probability <= 0 || probability >= 1;
  return percentIn(language, isExtreme ? probability : Math.min(0.99, Math.max(0.01, probability)));
}
