import { describe, expect, it } from 'vitest';

import { patientContextOf } from '../../src/conclusions/patient-context.ts';
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';

describe('what the header says of the patient', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, object]>([
    ['birthday on the day', { PatientBirthDate: '19560303', StudyDate: '20260303' }, { ageYears: 70 }],
    ['birthday on the next day', { PatientBirthDate: '19560304', StudyDate: '20260303' }, { ageYears: 69 }],
    ['born on 29 February', { PatientBirthDate: '19600229', StudyDate: '20210228' }, { ageYears: 60 }],
    ['birth date before the age as written', { PatientBirthDate: '19560303', StudyDate: '20260303', PatientAge: '071Y' }, { ageYears: 70 }],
    ['years', { PatientAge: '063Y' }, { ageYears: 63 }],
    ['months', { PatientAge: '035M' }, { ageYears: 2 }],
    ['weeks', { PatientAge: '060W' }, { ageYears: 1 }],
    ['days', { PatientAge: '010D' }, { ageYears: 0 }],
    ['a placeholder for the birth date', { PatientBirthDate: '19000101', StudyDate: '20260303' }, {}],
    ['a placeholder, with an age', { PatientBirthDate: '18000101', StudyDate: '20260303', PatientAge: '055Y' }, { ageYears: 55 }],
    ['born after the study', { PatientBirthDate: '20270101', StudyDate: '20260303' }, {}],
    ['no such day', { PatientBirthDate: '19560231', StudyDate: '20260303' }, {}],
    ['nonsense', { PatientAge: '63' }, {}],
    ['female', { PatientSex: 'F' }, { sex: 'female' }],
    ['male', { PatientSex: 'M ' }, { sex: 'male' }],
    ['other', { PatientSex: 'O' }, {}],
    ['nothing', {}, {}],
  ])('%s', (_name, fields, expected) => {
    const header: Dataset = {};
    for (const [keyword, value] of Object.entries(fields)) put(header, keyword as 'PatientAge', value);
    expect(patientContextOf(header)).toEqual(expected);
  });
});
