/** Names, dates and numbers in the language of the page. */
import { language, optional, t } from '../i18n/index.ts';
import {
  ageAt, dayAndTimeIn, decimalIn, dicomDateIn, integerIn, momentIn, percentIn, personNameIn, plainIn, probabilityPercentIn,
} from './formats.ts';

export { dicomTime } from './formats.ts';

export function personName(value: string): string {
  const name = personNameIn(language(), value);
  return name === '' ? t('worklist.noName') : name;
}

/** A DICOM DA value; empty when there is none. */
export function dicomDate(value: string): string {
  return dicomDateIn(language(), value);
}

/** Sex and age at the study, as far as they are known: "F, 65". */
export function sexAndAge(person: { readonly patientSex: string; readonly patientBirthDate: string; readonly studyDate: string }): string {
  const age = ageAt(person.patientBirthDate, person.studyDate);
  const sex = optional(`sex.${person.patientSex}`) ?? person.patientSex;
  return [sex, age === undefined ? '' : String(age)].filter((part) => part !== '').join(', ');
}

/** Time of day for today, date and time otherwise. */
export function moment(iso: string, now = new Date()): string {
  return momentIn(language(), iso, now);
}

/** The same apart; the date is empty for today. */
export function dayAndTime(iso: string, now = new Date()): { readonly date: string; readonly time: string } {
  return dayAndTimeIn(language(), iso, now);
}

export function decimal(value: number, digits: number): string {
  return decimalIn(language(), value, digits);
}

export function integer(value: number): string {
  return integerIn(language(), value);
}

/** A whole number without grouping. */
export function plain(value: number): string {
  return plainIn(language(), value);
}

/** What is neither certain nor impossible is not rounded to look so. */
export function probabilityPercent(probability: number): string {
  return probabilityPercentIn(language(), probability);
}

/** 0..1 as whole percent. */
export function percent(fraction: number): string {
  return percentIn(language(), fraction);
}
