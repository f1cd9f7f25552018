import { beforeEach, describe, expect, it } from 'vitest';
import { text, texts } from '../../src/dicom/access.ts';
import { tag, type Keyword } from '../../src/dicom/tags.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { comprehensive3DSR, ctImageStorage, record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

type Keys = Readonly<Partial<Record<Keyword, string>>>;

export function testQido(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    openBeforeEach(createFixture, (opened) => { index = opened; });
    beforeEach(async () => {
      // a: the usual patient, two CT series and one SR; b: another; c: hardly anything.
      await index.addInstance(record({ study: '1.1' }));
      await index.addInstance(record({ study: '1.1', instance: '1.1.1.2', attributes: { SliceLocation: [-12.5], ImageComments: ['Prone [expiration]'] } }));
      await index.addInstance(record({ study: '1.1', series: '1.1.2', attributes: { SeriesNumber: [3], SeriesDescription: ['Soft 3.0'], BodyPartExamined: ['ABDOMEN'] } }));
      await index.addInstance(record({ study: '1.1', series: '1.1.3', sopClassUID: comprehensive3DSR, attributes: { Modality: ['SR'], SeriesNumber: [900], BodyPartExamined: undefined } }));
      await index.addInstance(record({ study: '1.22', attributes: {
        PatientName: ['TRAN^Thi Anh^^Ms=山田^太郎=ヤマダ^タロウ'], PatientID: ['BN[7]*'], StudyDate: ['20251231'], StudyTime: ['0830'], AccessionNumber: [], StudyDescription: ['MR brain'],
        Modality: ['MR'], SeriesDescription: ['T1'], PatientSex: ['F'], StudyID: ['S2'],
      } }));
      await index.addInstance(record({ study: '1.333', attributes: {
        PatientName: [], PatientID: [], StudyDate: [], StudyTime: [], AccessionNumber: [], StudyDescription: [], PatientSex: [], Modality: ['CT'], StudyID: [],
      } }));
    });

    const query = (keys: Keys, more: Partial<Parameters<StudyIndex['queryStudies']>[0]> = {}): Parameters<StudyIndex['queryStudies']>[0] => ({
      match: Object.fromEntries(Object.entries(keys).map(([keyword, value]) => [tag(keyword as Keyword), value])), fuzzyMatching: false, limit: 100, offset: 0, ...more,
    });
    const studies = async (keys: Keys, more?: Parameters<typeof query>[1]): Promise<readonly string[]> =>
      (await index.queryStudies(query(keys, more))).map((answer) => text(answer, 'StudyInstanceUID')!).sort();
    const series = async (keys: Keys): Promise<readonly string[]> => (await index.querySeries(query(keys))).map((answer) => text(answer, 'SeriesInstanceUID')!).sort();
    const instances = async (keys: Keys): Promise<readonly string[]> => (await index.queryInstances(query(keys))).map((answer) => text(answer, 'SOPInstanceUID')!).sort();

    const cases: readonly (readonly [what: string, keys: Keys, expected: readonly string[], fuzzy?: boolean])[] = [
      ['no key', {}, ['1.1', '1.22', '1.333']],
      ['empty keys and lone stars', { PatientName: '', PatientID: '*', StudyDate: '' }, ['1.1', '1.22', '1.333']],
      ['a UID', { StudyInstanceUID: '1.22' }, ['1.22']],
      ['a list of UIDs with commas', { StudyInstanceUID: '1.22,1.333,9.9' }, ['1.22', '1.333']],
      ['a list of UIDs with backslashes', { StudyInstanceUID: '1.22\\1.1' }, ['1.1', '1.22']],
      ['an identifier', { PatientID: 'BN-0012345' }, ['1.1']],
      ['an identifier in another case', { PatientID: 'bn-0012345' }, []],
      ['an identifier with wildcards', { PatientID: 'BN-??12*' }, ['1.1']],
      ['an identifier whose characters mean something to a matcher', { PatientID: 'BN[7]?' }, ['1.22']],
      ['two identifiers', { PatientID: 'BN-0012345\\X' }, ['1.1']],
      ['an empty value asked for', { AccessionNumber: '""' }, ['1.22', '1.333']],
      ['a date', { StudyDate: '20260102' }, ['1.1']],
      ['a range of dates', { StudyDate: '20251201-20251231' }, ['1.22']],
      ['dates from', { StudyDate: '20260101-' }, ['1.1']],
      ['dates until', { StudyDate: '-20260101' }, ['1.22']],
      ['a range of times of less precision', { StudyTime: '0800-0830' }, ['1.22']],
      ['times from', { StudyTime: '101530-' }, ['1.1']],
      ['a time of less precision', { StudyTime: '1015' }, ['1.1']],
      ['a name in another case', { PatientName: 'NGUYỄN^VĂN ĐỨC' }, ['1.1']],
      ['a family name alone', { PatientName: 'tran' }, ['1.22']],
      ['a given name as a component', { PatientName: '^thi anh' }, ['1.22']],
      ['a name with a wildcard over components', { PatientName: '*anh*' }, ['1.22']],
      ['a name with wildcards in components', { PatientName: 't?an^t*' }, ['1.22']],
      ['half a family name', { PatientName: 'tra' }, []],
      ['a name in the ideographic group', { PatientName: '山田' }, ['1.22']],
      ['a name in the ideographic group, by its place', { PatientName: '=山田*' }, ['1.22']],
      ['an accent that is not typed', { PatientName: 'nguyen*' }, []],
      ['fuzzy, without accents', { PatientName: 'nguyen' }, ['1.1'], true],
      ['fuzzy, đ', { PatientName: 'DUC' }, ['1.1'], true],
      ['fuzzy, beginnings in any order', { PatientName: 'du ngu' }, ['1.1'], true],
      ['fuzzy, not in the middle', { PatientName: 'guyen' }, [], true],
      ['fuzzy, with what a query language would read', { PatientName: '") OR name:"' }, [], true],
      ['fuzzy, nothing but punctuation', { PatientName: '^^' }, ['1.1', '1.22', '1.333'], true],
      ['an attribute without a column', { PatientSex: 'F' }, ['1.22']],
      ['a name without a column', { ReferringPhysicianName: 'trần*' }, ['1.1', '1.22', '1.333']],
      ['the modalities in the study', { ModalitiesInStudy: 'SR' }, ['1.1']],
      ['one of several modalities', { ModalitiesInStudy: 'MR\\SR' }, ['1.1', '1.22']],
      ['SOP classes in the study', { SOPClassesInStudy: comprehensive3DSR }, ['1.1']],
      ['the number of instances', { NumberOfStudyRelatedInstances: '4' }, ['1.1']],
      ['the number of series', { NumberOfStudyRelatedSeries: '1' }, ['1.22', '1.333']],
      ['attributes of one and the same series', { Modality: 'CT', BodyPartExamined: 'ABDOMEN' }, ['1.1']],
      ['attributes that no one series has', { Modality: 'SR', BodyPartExamined: 'ABDOMEN' }, []],
      ['an attribute of an instance', { SliceLocation: '-12.5' }, ['1.1']],
      ['a value that would end a string', { StudyDescription: "' OR 1=1 --" }, []],
      ['everything together', { PatientID: 'BN*', StudyDate: '2026-', ModalitiesInStudy: 'CT' }, ['1.1']],
    ];
    for (const [what, keys, expected, fuzzyMatching = false] of cases) {
      it(`finds studies by ${what}`, async () => {
        expect(await studies(keys, { fuzzyMatching })).toEqual(expected);
      });
    }

    it('answers studies with their counts, modalities and SOP classes', async () => {
      const [answer] = await index.queryStudies(query({ StudyInstanceUID: '1.1' }));
      expect(answer).toMatchObject({
        [tag('PatientName')]: { vr: 'PN', Value: [{ Alphabetic: 'Nguyễn^Văn Đức' }] },
        [tag('NumberOfStudyRelatedSeries')]: { vr: 'IS', Value: [3] },
        [tag('NumberOfStudyRelatedInstances')]: { vr: 'IS', Value: [4] },
        [tag('InstanceAvailability')]: { vr: 'CS', Value: ['ONLINE'] },
      });
      expect(texts(answer!, 'ModalitiesInStudy')).toEqual(['CT', 'SR']);
      expect(texts(answer!, 'SOPClassesInStudy')).toEqual([ctImageStorage, comprehensive3DSR]);
    });

    it('never repeats a count that a sender wrote', async () => {
      await index.addInstance(record({ study: '1.5', attributes: { NumberOfStudyRelatedInstances: [999], NumberOfSeriesRelatedInstances: [999] } }));
      const [study] = await index.queryStudies(query({ StudyInstanceUID: '1.5' }));
      const [oneSeries] = await index.querySeries(query({ StudyInstanceUID: '1.5' }));
      expect(text(study!, 'NumberOfStudyRelatedInstances')).toBe('1');
      expect(text(oneSeries!, 'NumberOfSeriesRelatedInstances')).toBe('1');
    });

    it('answers series of a study, by their own and by the study\'s attributes', async () => {
      expect(await series({ StudyInstanceUID: '1.1' })).toEqual(['1.1.1', '1.1.2', '1.1.3']);
      expect(await series({ StudyInstanceUID: '1.1', Modality: 'CT' })).toEqual(['1.1.1', '1.1.2']);
      expect(await series({ SeriesNumber: '900' })).toEqual(['1.1.3']);
      expect(await series({ SeriesDescription: 'Soft*' })).toEqual(['1.1.2']);
      expect(await series({ PatientID: 'BN-0012345', SeriesInstanceUID: '1.1.2,1.22.1' })).toEqual(['1.1.2']);
      expect(await series({ SliceLocation: '-12.5' })).toEqual(['1.1.1']);
      const [answer] = await index.querySeries(query({ SeriesInstanceUID: '1.1.1' }));
      expect(answer).toMatchObject({
        [tag('StudyInstanceUID')]: { Value: ['1.1'] }, [tag('PatientID')]: { Value: ['BN-0012345'] }, [tag('NumberOfSeriesRelatedInstances')]: { vr: 'IS', Value: [2] },
      });
    });

    it('answers instances with their whole header', async () => {
      expect(await instances({ SeriesInstanceUID: '1.1.1' })).toEqual(['1.1.1.1', '1.1.1.2']);
      expect(await instances({ StudyInstanceUID: '1.1', SOPClassUID: ctImageStorage })).toEqual(['1.1.1.1', '1.1.1.2', '1.1.2.1']);
      expect(await instances({ InstanceNumber: '2' })).toEqual(['1.1.1.2']);
      expect(await instances({ ImageComments: 'Prone [*' })).toEqual(['1.1.1.2']);
      expect(await instances({ Rows: '512', StudyInstanceUID: '1.22' })).toEqual(['1.22.1.1']);
      const [answer] = await index.queryInstances(query({ SOPInstanceUID: '1.1.1.2' }));
      expect(answer).toMatchObject({ [tag('Rows')]: { vr: 'US', Value: [512] }, [tag('SliceLocation')]: { vr: 'DS', Value: [-12.5] }, [tag('SeriesInstanceUID')]: { Value: ['1.1.1'] } });
    });

    it('reaches into sequences by a path', async () => {
      const withRequest = record({ study: '1.6' });
      withRequest.header[tag('RequestAttributesSequence')] = { vr: 'SQ', Value: [{ [tag('RequestedProcedureID')]: { vr: 'SH', Value: ['RP1'] } }] };
      await index.addInstance(withRequest);
      const path = `${tag('RequestAttributesSequence')}.${tag('RequestedProcedureID')}`;
      const found = await index.querySeries({ match: { [path]: 'RP*' }, fuzzyMatching: false, limit: 10, offset: 0 });
      expect(found.map((answer) => text(answer, 'SeriesInstanceUID'))).toEqual(['1.6.1']);
    });

    it('pages without overlap or omission, in the same order each time', async () => {
      await Promise.all(Array.from({ length: 47 }, (_, at) => index.addInstance(record({ study: `1.7.${at}` }))));
      const all = (await index.queryStudies(query({}))).map((answer) => text(answer, 'StudyInstanceUID'));
      const paged: (string | undefined)[] = [];
      for (let offset = 0; ; offset += 7) {
        const page = await index.queryStudies(query({}, { limit: 7, offset }));
        paged.push(...page.map((answer) => text(answer, 'StudyInstanceUID')));
        if (page.length < 7) break;
      }
      expect(paged).toEqual(all);
      expect(new Set(paged).size).toBe(50);
    });
  });
}
