import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { startHttp, synthetic, type TestHttp } from './support.ts';

let http: TestHttp;
beforeAll(async () => {
  http = await startHttp({ limits: { maxQidoResults: 3 } });
  const of = (study: string, series: string, instance: string, patientName: string, date: string, number: number) => synthetic({
    study, series, instance, patientName,
    more: (dataset) => {
      put(dataset, 'StudyDate', date);
      put(dataset, 'InstanceNumber', number);
      put(dataset, 'StudyDescription', `Thorax ${study}`);
      const request: Dataset = {};
      put(request, 'ScheduledProcedureStepID', `STEP-${study}`);
      put(dataset, 'RequestAttributesSequence', request);
    },
  });
  await http.store(of('2.25.1', '2.25.11', '2.25.111', 'Nguyễn^Văn An', '20260101', 1));
  await http.store(of('2.25.1', '2.25.11', '2.25.112', 'Nguyễn^Văn An', '20260101', 2));
  await http.store(of('2.25.1', '2.25.12', '2.25.121', 'Nguyễn^Văn An', '20260101', 1));
  await http.store(of('2.25.2', '2.25.21', '2.25.211', 'Doe^Jane', '20260215', 1));
});
afterAll(() => http.close());

async function search(path: string): Promise<Dataset[]> {
  const answer = await http.app.inject({ url: `/dicom-web${path}`, headers: { accept: 'application/dicom+json' } });
  expect(answer.statusCode, answer.payload).toBe(200);
  expect(answer.headers['content-type']).toBe('application/dicom+json');
  return answer.json();
}

const values = (matches: readonly Dataset[], tag: string) => matches.map((match) => match[tag]?.Value?.[0]).sort();

describe('QIDO-RS', () => {
  it.each([
    ['/studies?PatientName=Doe*', ['2.25.2']],
    ['/studies?00100010=doe^jane', ['2.25.2']],
    ['/studies?PatientName=nguyen&fuzzymatching=true', ['2.25.1']],
    ['/studies?StudyDate=20260101-20260131', ['2.25.1']],
    ['/studies?StudyDate=-20260201', ['2.25.1']],
    ['/studies?StudyDate=20260201-', ['2.25.2']],
    ['/studies?StudyInstanceUID=2.25.1,2.25.2', ['2.25.1', '2.25.2']],
    ['/studies?ModalitiesInStudy=CT', ['2.25.1', '2.25.2']],
    ['/studies?00080061=MR', []],
    ['/series?RequestAttributesSequence.ScheduledProcedureStepID=STEP-2.25.2', ['2.25.2']],
    ['/instances?00400275.00400009=STEP-2.25.2', ['2.25.2']],
    ['/studies?PatientID=', ['2.25.1', '2.25.2']],
  ])('%s finds %j', async (path, wanted) => {
    expect(values(await search(path), '0020000D')).toEqual(wanted);
  });

  it('answers a study with what the standard asks for, its counts and its address', async () => {
    const [study] = await search('/studies?StudyInstanceUID=2.25.1');
    expect(study?.['00080005']?.Value).toEqual(['ISO_IR 192']);
    expect(study?.['00201206']?.Value).toEqual([2]);
    expect(study?.['00201208']?.Value).toEqual([3]);
    expect(study?.['00080061']?.Value).toEqual(['CT']);
    expect(study?.['00100010']?.Value).toEqual([{ Alphabetic: 'Nguyễn^Văn An' }]);
    expect(study?.['00081190']?.Value?.[0]).toMatch(/^http:\/\/[^/]+\/dicom-web\/studies\/2\.25\.1$/);
    expect(study?.['00080056']?.Value).toEqual(['ONLINE']);
    expect(Object.keys(study!)).toEqual(Object.keys(study!).toSorted());
  });

  it('goes down the levels, with the levels above where the path leaves them open', async () => {
    expect(values(await search('/studies/2.25.1/series'), '0020000E')).toEqual(['2.25.11', '2.25.12']);
    expect(values(await search('/studies/2.25.1/instances'), '00080018')).toEqual(['2.25.111', '2.25.112', '2.25.121']);
    expect(values(await search('/studies/2.25.1/series/2.25.11/instances'), '00080018')).toEqual(['2.25.111', '2.25.112']);
    expect(values(await search('/studies/2.25.1/series/2.25.11/instances?InstanceNumber=2'), '00080018')).toEqual(['2.25.112']);
    expect(values(await search('/studies/2.25.2/series/2.25.11/instances'), '00080018')).toEqual([]);
    const [series] = await search('/series?SeriesInstanceUID=2.25.21');
    expect(series?.['00100010']?.Value).toEqual([{ Alphabetic: 'Doe^Jane' }]);
    const [instance] = await search('/instances?SOPInstanceUID=2.25.211');
    expect(instance?.['00081190']?.Value?.[0]).toMatch(/instances\/2\.25\.211$/);
    expect(instance?.['00280010']?.Value).toEqual([48]);
  });

  it('adds fields on request', async () => {
    const plain = (await search('/studies/2.25.2/series/2.25.21/instances'))[0]!;
    expect(plain['00281052']).toBeUndefined();
    const asked = (await search('/studies/2.25.2/series/2.25.21/instances?includefield=RescaleIntercept,00281053'))[0]!;
    expect([asked['00281052']?.Value, asked['00281053']?.Value]).toEqual([[-1024], [1]]);
    const all = (await search('/studies/2.25.2/series/2.25.21/instances?includefield=all'))[0]!;
    expect(all['00200032']?.Value).toEqual([-100.5, 20.25, 1234.125]);
    expect((await search('/studies?includefield=00081030&StudyInstanceUID=2.25.2'))[0]?.['00081030']?.Value).toEqual(['Thorax 2.25.2']);
  });

  it('pages, and warns when there is more', async () => {
    const first = await http.app.inject('/dicom-web/studies?limit=1');
    expect(first.json()).toHaveLength(1);
    expect(first.headers['warning']).toMatch(/^299 /);
    const second = await http.app.inject('/dicom-web/studies?limit=1&offset=1');
    expect(second.headers['warning']).toBeUndefined();
    expect(values([...first.json<Dataset[]>(), ...second.json<Dataset[]>()], '0020000D')).toEqual(['2.25.1', '2.25.2']);
    const cut = await http.app.inject('/dicom-web/instances?limit=1000');
    expect(cut.json()).toHaveLength(3);
    expect(cut.headers['warning']).toMatch(/^299 /);
  });

  it.each(['/studies?NoSuchKeyword=1', '/studies?limit=x', '/studies?offset=-1', '/studies?includefield=Nonsense', '/studies?RequestAttributesSequence.Nonsense=1', "/studies?0010001'=1"])('refuses %s', async (path) => {
    const answer = await http.app.inject(`/dicom-web${path}`);
    expect(answer.json()).toMatchObject({ status: 400, code: 'HTTP_BAD_REQUEST' });
  });

  it('takes hostile values as values', async () => {
    for (const value of ["' OR 1=1 --", '%25', '_____', '\\', '*'.repeat(200), '<script>']) {
      expect(await search(`/studies?PatientID=${encodeURIComponent(value)}`)).toHaveLength(value.startsWith('***') ? 2 : 0);
    }
  });

  it('does not offer XML', async () => {
    const answer = await http.app.inject({ url: '/dicom-web/studies', headers: { accept: 'multipart/related; type="application/dicom+xml"' } });
    expect(answer.json()).toMatchObject({ status: 406, code: 'HTTP_NOT_ACCEPTABLE' });
  });
});
