/** Names, dates and numbers as each language writes them. The times are those of the machine's own clock. */
import { describe, expect, test } from 'vitest';
import {
  ageAt, dayAndTimeIn, decimalIn, dicomDateIn, dicomTime, integerIn, momentIn, percentIn, personNameIn, plainIn, probabilityPercentIn,
} from '../../viewer/ui/formats.ts';

const noon = new Date(2026, 2, 5, 12, 0, 0);
const thisMorning = new Date(2026, 2, 5, 7, 8, 9).toISOString();
const theOtherDay = new Date(2025, 10, 30, 17, 4, 0).toISOString();

describe.each([
  ['en', {
    name: 'Nguyễn, Văn A', date: '05 Mar 2026', today: '07:08:09', earlier: ['30 Nov 2025', '17:04'],
    decimal: '1,234.5', negative: '\u22120.5', integer: '12,346', plain: '\u22121350', percent: '58%', least: '1%', most: '99%',
  }],
  ['vi', {
    name: 'Nguyễn Văn A', date: '05/03/2026', today: '07:08:09', earlier: ['30/11/2025', '17:04'],
    decimal: '1.234,5', negative: '\u22120,5', integer: '12.346', plain: '\u22121350', percent: '58%', least: '1%', most: '99%',
  }],
] as const)('%s', (language, wanted) => {
  test('names: the family comes first', () => {
    expect(personNameIn(language, 'Nguyễn^Văn^A')).toBe(wanted.name);
    expect(personNameIn(language, '=阮^文')).toBe('阮 文');
    expect(personNameIn(language, '')).toBe('');
  });

  test('dates of DICOM: no day and month can be taken for each other in English, and what is none stays as it is', () => {
    expect(dicomDateIn(language, '20260305')).toBe(wanted.date);
    expect(dicomDateIn(language, '')).toBe('');
    expect(dicomDateIn(language, '2026.03.05')).toBe('2026.03.05');
  });

  test('moments: the time alone for today, the date with it otherwise', () => {
    expect(momentIn(language, thisMorning, noon)).toBe(wanted.today);
    const earlier = momentIn(language, theOtherDay, noon);
    for (const part of wanted.earlier) expect(earlier).toContain(part);
    expect(momentIn(language, 'no time', noon)).toBe('');
    expect(dayAndTimeIn(language, thisMorning, noon)).toEqual({ date: '', time: '07:08' });
    expect(dayAndTimeIn(language, theOtherDay, noon)).toEqual({ date: wanted.earlier[0], time: wanted.earlier[1] });
  });

  test('numbers', () => {
    expect(decimalIn(language, 1234.46, 1)).toBe(wanted.decimal);
    expect(decimalIn(language, -0.5, 1)).toBe(wanted.negative);
    expect(integerIn(language, 12_345.6)).toBe(wanted.integer);
    expect(plainIn(language, -1350)).toBe(wanted.plain);
    expect(percentIn(language, 0.577)).toBe(wanted.percent);
  });

  test('a probability that is neither certain nor impossible does not look so', () => {
    expect(probabilityPercentIn(language, 0.001)).toBe(wanted.least);
    expect(probabilityPercentIn(language, 0.9999)).toBe(wanted.most);
  });
});

test('ages are completed years on the day of the study', () => {
  expect(ageAt('19610203', '20260202')).toBe(64);
  expect(ageAt('19610203', '20260203')).toBe(65);
  expect(ageAt('', '20260203')).toBeUndefined();
  expect(ageAt('20270101', '20260203')).toBeUndefined();
});

test('times of DICOM', () => {
  expect([dicomTime('101530.25'), dicomTime('')]).toEqual(['10:15', '']);
});
