import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { conclude } from '../../src/conclusions/conclude.ts';
import { items, text } from '../../src/dicom/access.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import type { ResultInput } from '../../src/results/build-result-objects.ts';
import { describeSr } from '../../src/results/describe-sr.ts';
import type { SrNode } from '../../src/results/describe-sr.ts';
import { disclaimer } from '../../src/results/summary-text.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';
import { dciodvfy, dsrdump, python } from './peers.ts';
import { axial, feetFirst, multiFrameInput, notAnalysedInput, oblique, sampleInput, spheres, tilted, worldOf, geometryOf } from './sample.ts';
import { outline } from './outline.ts';

async function srOf(input: ResultInput): Promise<Uint8Array> {
  const sr = (await buildResultObjects(input)).find(({ role }) => role === 'sr');
  if (sr === undefined) throw new Error('no report');
  return sr.part10;
}

/** One nodule of a patient of whom everything is known that the guidelines ask for. */
function partSolid(): ResultInput {
  const input = sampleInput(axial, [{ centre: [60, 40, 22], radiusMm: 6, finding: { type: 'part-solid', solidDiameterMm: 6.5, laterality: 'left', lobe: 'left-upper' } }]);
  const patient = { ageYears: 70, sex: 'female', isScreening: false, prior: 'none', lungsFullyEvaluated: true, hasKnownCancer: false, isImmunosuppressed: false, fleischnerRisk: 'high' } as const;
  return { ...input, conclusions: conclude({ findings: input.findings.findings, patient, comparisons: [] }) };
}

const warning = { code: 'few-slices', text: { en: 'The lung bases are not fully covered.', vi: 'Đáy phổi không được chụp đủ.' } };
const cases: readonly (readonly [string, () => ResultInput])[] = [
  ['findings', () => sampleInput(axial, spheres, { document: { warnings: [warning] } })],
  ['findings-feet-first', () => sampleInput(feetFirst, spheres)],
  ['findings-oblique', () => sampleInput(oblique, spheres)],
  ['findings-tilted', () => sampleInput(tilted, spheres)],
  ['part-solid', partSolid],
  ['none-found', () => sampleInput(axial, [])],
  ['not-analysed', notAnalysedInput],
  ['not-analysed-nothing-referenced', () => ({ ...notAnalysedInput(), sourceHeaders: { ...notAnalysedInput().sourceHeaders, references: [] } })],
  ['multi-frame', () => multiFrameInput()],
];

describe.runIf(hasPrograms('dciodvfy', 'dsrdump'))('the report is valid', () => {
  it.each(cases)('%s', async (_name, input) => {
    const bytes = await srOf(input());
    expect(dciodvfy(bytes)).toEqual({ recognised: 'Comprehensive3DSR', errors: [] });
    const dump = dsrdump(bytes);
    expect(dump).toContain('Verification Flag   : UNVERIFIED');
    expect(dump).toContain('not a certified medical device');
  });
});

describe('the report tree', () => {
  it.each(cases.filter(([name]) => !/feet|tilted|nothing/u.test(name)))('%s is as written down', async (name, input) => {
    const { dataset } = parsePart10(await srOf(input()));
    await expect(outline(describeSr(dataset))).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${name}.txt`));
  });

  function all(node: SrNode): readonly SrNode[] {
    return [node, ...node.children.flatMap(all)];
  }
  const named = (nodes: readonly SrNode[], meaning: string): readonly SrNode[] => nodes.filter(({ name }) => name?.meaning === meaning);

  it('never lets "not analysed" look like "none found"', async () => {
    const not = describeSr(parsePart10(await srOf(notAnalysedInput())).dataset);
    const none = describeSr(parsePart10(await srOf(sampleInput(axial, []))).dataset);
    expect([not.completionFlag, none.completionFlag]).toEqual(['PARTIAL', 'COMPLETE']);
    expect(named(all(not.content), 'Summary of Detections')[0]?.code?.meaning).toBe('Not Attempted');
    expect(named(all(none.content), 'Summary of Detections')[0]?.code?.meaning).toBe('Succeeded');
    expect(named(all(not.content), 'Number of nodules at or above threshold')).toEqual([]);
    expect(named(all(none.content), 'Number of nodules at or above threshold')[0]?.number).toBe(0);
    const sentences = named(all(not.content), 'Summary').map((node) => node.text ?? '');
    expect(sentences).toHaveLength(2);
    for (const sentence of sentences) expect(sentence).not.toMatch(/no nodule|none found|không phát hiện/iu);
    expect(sentences[0]).toMatch(/^NOT ANALYSED/u);
    expect(sentences[1]).toMatch(/^CHƯA ĐƯỢC PHÂN TÍCH/u);
  });

  it.each(cases)('%s carries the disclaimer in both languages', async (_name, input) => {
    const texts = named(all(describeSr(parsePart10(await srOf(input())).dataset).content), 'Summary').map((node) => node.text ?? '');
    expect(texts[0]).toContain(disclaimer.en);
    expect(texts[1]).toContain(disclaimer.vi);
  });

  it('proposes by table what the images tell enough for, and never a category that needs a reader', async () => {
    for (const [, input] of cases.filter(([name]) => name !== 'part-solid')) {
      const nodes = all(describeSr(parsePart10(await srOf(input())).dataset).content);
      const categories = named(nodes, 'Lung Imaging Reporting and Data System category').map(({ code }) => code?.meaning);
      expect(categories).toEqual(input().findings.status === 'analysed' ? ['Insufficient information'] : []);
      for (const { code } of named(nodes, 'Fleischner Society 2017 recommendation')) expect(code?.meaning).toBe('Insufficient information');
    }
    const negative = named(all(describeSr(parsePart10(await srOf(sampleInput(axial, []))).dataset).content), 'Lung Imaging Reporting and Data System category')[0];
    expect(named(negative?.children ?? [], 'Missing input of a conclusion').map((node) => node.text?.split(' / ')[0])).toEqual(['whether this is a screening examination', 'whether a reader evaluated both lungs completely']);
  });

  it('estimates the Brock risk of a nodule where age, sex and lobe are known, and says why not elsewhere', async () => {
    const nodes = all(describeSr(parsePart10(await srOf(sampleInput(axial, spheres))).dataset).content);
    // 70 years, female, 10 mm solid, right upper lobe, 3 nodules, model 2a.
    expect(named(nodes, 'Probability of cancer').map(({ number }) => number)[0]).toBe(13);
    expect(named(nodes, 'Probability of cancer')).toHaveLength(2);
    const refused = named(nodes, 'Brock (PanCan) model')[0];
    expect(named(refused?.children ?? [], 'Missing input of a conclusion').map((node) => node.text)).toEqual(['lobe / thùy phổi']);
    const input = sampleInput(axial, spheres);
    delete input.sourceHeaders.header['00100030'];
    const unknownAge = all(describeSr(parsePart10(await srOf(input)).dataset).content);
    expect(named(unknownAge, 'Probability of cancer')).toEqual([]);
    const [fleischner] = named(unknownAge, 'Fleischner Society 2017 recommendation');
    expect(named(fleischner?.children ?? [], 'Missing input of a conclusion').map((node) => node.text?.split(' / ')[0])).toEqual(['age', 'known cancer', 'immunosuppression', 'whether this is a screening examination', 'risk of lung cancer']);
  });

  it('refers to the segment and keeps one tracking UID for both groups of a finding', async () => {
    const objects = await buildResultObjects(sampleInput(axial, spheres));
    const [seg, sr] = objects;
    if (seg === undefined || sr === undefined) throw new Error('two objects are expected');
    expect([seg.role, sr.role]).toEqual(['seg', 'sr']);
    const { dataset } = parsePart10(sr.part10);
    const nodes = all(describeSr(dataset).content);
    const groups = named(nodes, 'Measurement Group');
    expect(groups.map(({ template }) => template)).toEqual(['1411', '1410', '1411', '1410', '1411', '1410']);
    const uids = groups.map((group) => named(group.children, 'Tracking Unique Identifier')[0]?.text);
    expect(uids).toEqual(['2.25.500', '2.25.500', '2.25.501', '2.25.501', '2.25.502', '2.25.502']);
    expect(named(nodes, 'Referenced Segment').map(({ references }) => references?.[0])).toEqual(
      [1, 2, 3].map((segment) => ({ sopClassUID: seg.sopClassUID, sopInstanceUID: seg.sopInstanceUID, segments: [segment] })),
    );
    const evidence = items(items(dataset, 'CurrentRequestedProcedureEvidenceSequence')[0] ?? {}, 'ReferencedSeriesSequence');
    const listed = new Set(evidence.flatMap((series) => items(series, 'ReferencedSOPSequence').map((reference) => text(reference, 'ReferencedSOPInstanceUID'))));
    for (const node of nodes) for (const reference of node.references ?? []) expect(listed).toContain(reference.sopInstanceUID);
  });

  it('gives the spacings of the images as they are: over many pixels a rounded one leads astray', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1));
    const geometry = { ...input.volume!.geometry, spacingMm: [0.703125, 0.683594, 0.625] as const };
    const nodes = all(describeSr(parsePart10(await srOf({ ...input, volume: { ...input.volume!, geometry } })).dataset).content);
    expect(['Horizontal Pixel Spacing', 'Vertical Pixel Spacing', 'Spacing between slices'].map((name) => named(nodes, name)[0]?.number)).toEqual([0.703125, 0.683594, 0.625]);
  });

  it('has in the planar group what the volumetric one would have, where there is no segment', async () => {
    const whole = sampleInput(axial, spheres.slice(0, 1));
    const withoutMask = { ...whole, masks: whole.masks.map((mask) => ({ ...mask, data: new Uint8Array(mask.data.length) })) };
    const values = async (input: ResultInput): Promise<readonly unknown[]> => {
      const groups = named(all(describeSr(parsePart10(await srOf(input)).dataset).content), 'Measurement Group');
      return ['Volume', 'Attenuation Coefficient', 'Certainty of Finding', 'Distance to pleura', 'Composition of nodule'].map((name) => named(groups.flatMap(({ children }) => children), name).map(({ number, code }) => number ?? code?.value));
    };
    expect(await values(withoutMask)).toEqual([[523.6], [-35.4], [90], [4.2], ['SOLID']]);
    expect(await values(whole)).toEqual(await values(withoutMask));
  });

  it('states neither volume nor attenuation of what could not be outlined', async () => {
    const [sphere] = spheres;
    const nodes = all(describeSr(parsePart10(await srOf(sampleInput(axial, [{ ...sphere!, finding: { notes: ['not-segmented'] } }]))).dataset).content);
    expect([...named(nodes, 'Volume'), ...named(nodes, 'Attenuation Coefficient')]).toEqual([]);
  });

  it('falls back to a point in the patient where there is neither mask nor outline', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1));
    const bare = {
      ...input, masks: input.masks.map((mask) => ({ ...mask, data: new Uint8Array(mask.data.length) })),
      findings: { ...input.findings, findings: input.findings.findings.map((finding) => ({ ...finding, outlines: [] })) },
    };
    const bytes = await srOf(bare);
    const region = named(all(describeSr(parsePart10(bytes).dataset).content), 'Image Region')[0];
    expect(region?.graphic?.type).toBe('POINT');
    expect(region?.graphic?.frameOfReferenceUID).toBe('2.25.77');
    expect(region?.graphic?.data.map((value) => Math.round(value * 100) / 100)).toEqual(worldOf(geometryOf(axial), [30, 25, 15]).map((value) => Math.round(value * 100) / 100));
    if (hasPrograms('dciodvfy')) expect(dciodvfy(bytes).errors).toEqual([]);
  });

  it('counts coordinates from the corner of the image: the centre of the first pixel is 0.5, 0.5', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1));
    const onePixel = [{ sopInstanceUID: '2.25.100015', polygons: [[-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5]] }];
    const findings = { ...input.findings, findings: input.findings.findings.map((finding) => ({ ...finding, outlines: onePixel })) };
    const region = named(all(describeSr(parsePart10(await srOf({ ...input, findings })).dataset).content), 'Image Region')[0];
    expect(region?.graphic?.data).toEqual([0, 0, 1, 0, 1, 1, 0, 1, 0, 0]);
  });
});

describe('UIDs of results', () => {
  const uids = async (input: ResultInput): Promise<readonly string[]> => (await buildResultObjects(input)).map(({ sopInstanceUID }) => sopInstanceUID);

  it('and bytes are the same for the same input', async () => {
    const once = await buildResultObjects(sampleInput(axial, spheres));
    const twice = await buildResultObjects(sampleInput(axial, spheres, { document: { timingsMs: { total: 99 } } }));
    expect(twice.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(once.map(({ sopInstanceUID }) => sopInstanceUID));
    expect(twice.map(({ part10 }) => Buffer.from(part10).toString('base64'))).toEqual(once.map(({ part10 }) => Buffer.from(part10).toString('base64')));
  });

  it('change with anything that changes the content', async () => {
    const base = sampleInput(axial, spheres);
    const changed: readonly ResultInput[] = [
      sampleInput(axial, spheres, { document: { inputHash: 'ef'.repeat(32) } }),
      sampleInput(axial, spheres, { document: { operatingPoint: 0.6 } }),
      sampleInput(axial, spheres, { document: { model: { ...base.findings.model, version: '1.0.1' } } }),
      { ...base, createdAt: new Date('2026-03-04T05:06:08Z') },
      { ...base, softwareVersion: '0.2.0' },
    ];
    const [seg, sr] = await uids(base);
    for (const input of changed) {
      const [otherSeg, otherSr] = await uids(input);
      expect(otherSeg).not.toBe(seg);
      expect(otherSr).not.toBe(sr);
    }
  });
});

describe('patient data of the images', () => {
  it('are kept even where they break the rules, and the rest is still written', async () => {
    const input = sampleInput(axial, spheres);
    input.sourceHeaders.header['00100040'] = { vr: 'CS', Value: ['weiblich, unbekannt '] };
    input.sourceHeaders.header['00080050'] = { vr: 'SH', Value: ['ACCESSION-NUMBER-TOO-LONG'] };
    input.sourceHeaders.header['00080080'] = { vr: 'LO', Value: ['Bệnh viện '.repeat(9)] };
    const { dataset } = parsePart10(await srOf(input));
    expect(text(dataset, 'PatientSex')).toBe('weiblich, unbekannt');
    expect(text(dataset, 'AccessionNumber')).toBe('ACCESSION-NUMBER-TOO-LONG');
    expect(text(dataset, 'PatientName')).toBe('Nguyễn^Thị Hồng');
    expect(text(dataset, 'SpecificCharacterSet')).toBe('ISO_IR 192');
  });

  it.each([['none', ''], ['no UID', 'frame 1'], ['leading zeros', '1.02.003']])('may name a frame of reference that is odd (%s): the result is still written', async (_name, frame) => {
    const input = sampleInput(axial, spheres.slice(0, 1), { document: { frameOfReferenceUID: frame } });
    if (input.volume === undefined) throw new Error('no volume');
    const volume = { ...input.volume, geometry: { ...input.volume.geometry, frameOfReferenceUID: frame } };
    const objects = await buildResultObjects({ ...input, volume });
    expect(objects.map(({ role }) => role)).toEqual(['seg', 'sr', 'pr', 'ko']);
    if (hasPrograms('dciodvfy')) for (const { part10 } of objects) expect(dciodvfy(part10).errors.filter((error) => !error.includes('Leading zero'))).toEqual([]);
  });

  it('may hold anything: no odd value of the header keeps the result from being written', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1));
    Object.assign(input.sourceHeaders.header, {
      '00080020': { vr: 'DA', Value: ['20261399'] }, '00080030': { vr: 'TM', Value: ['256199'] }, '00080050': { vr: 'SH', Value: ['A\u0007B'] },
      '00080060': { vr: 'CS', Value: ['ct scan'] }, '00080080': { vr: 'LO', Value: ['Bệnh\u0000viện'] }, '00080201': { vr: 'SH', Value: ['+7'] },
      '00280004': { vr: 'CS', Value: ['mono'] }, '00281052': { vr: 'DS', Value: ['unknown'] }, '00281053': { vr: 'DS', Value: ['x'] },
      '00282110': { vr: 'CS', Value: ['01'] }, '00282112': { vr: 'DS', Value: ['a lot'] }, '00282114': { vr: 'CS', Value: ['jpeg 2000'] },
      '00400275': { vr: 'SQ', Value: [{ '00401001': { vr: 'SH', Value: ['RP\n1'] } }] }, '00101010': { vr: 'AS', Value: ['70'] },
    });
    const objects = await buildResultObjects(input);
    expect(objects.map(({ role }) => role)).toEqual(['seg', 'sr', 'pr', 'ko']);
    for (const { part10 } of objects) expect(text(parsePart10(part10).dataset, 'StudyDate')).toBe('20261399');
  });

  it('may have UIDs with leading zeros', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1), { document: { studyInstanceUID: '1.2.0003', seriesInstanceUID: '1.2.0004' } });
    const { dataset } = parsePart10(await srOf(input));
    expect(text(dataset, 'StudyInstanceUID')).toBe('1.2.0003');
  });

  it('decide in which time zone the report is dated', async () => {
    const { dataset } = parsePart10(await srOf(sampleInput(axial, [])));
    expect([text(dataset, 'ContentDate'), text(dataset, 'ContentTime')]).toEqual(['20260304', '120607']);
  });
});

describe.runIf(hasDebianPython())('the report read by pydicom', () => {
  const script = `
import sys, json, pydicom
d = pydicom.dcmread(sys.argv[1])
out = {'patient': str(d.PatientName), 'groups': []}
for container in d.ContentSequence:
    if container.get('ValueType') == 'CONTAINER' and container.ConceptNameCodeSequence[0].CodeValue == '126010':
        for group in container.ContentSequence:
            entry = {}
            for item in group.ContentSequence:
                meaning = item.ConceptNameCodeSequence[0].CodeMeaning
                if item.ValueType == 'NUM': entry[meaning] = [float(item.MeasuredValueSequence[0].NumericValue), item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue]
                if item.ValueType == 'SCOORD': entry['region'] = [float(v) for v in item.GraphicData]; entry['image'] = item.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
            out['groups'].append(entry)
print(json.dumps(out))
`;
  interface Read {
    readonly patient: string;
    readonly groups: readonly (Readonly<Record<string, readonly [number, string]>> & { readonly region?: readonly number[]; readonly image?: string })[];
  }

  it.each([['axial', axial], ['oblique', oblique], ['feet first', feetFirst]] as const)('has the values and places of the findings on an %s series', async (_name, grid) => {
    const read = python(await srOf(sampleInput(grid, spheres)), script) as Read;
    expect(read.patient).toBe('Nguyễn^Thị Hồng');
    const [volumetric, planar] = read.groups;
    expect(volumetric).toMatchObject({ Diameter: [10, 'mm'], Volume: [523.6, 'mm3'], 'Attenuation Coefficient': [-35.4, "[hnsf'U]"], 'Certainty of Finding': [90, '%'] });
    expect(planar).toMatchObject({ 'Long axis': [10, 'mm'], 'Short axis': [10, 'mm'], image: '2.25.100015' });
    const points = planar?.region ?? [];
    const mean = (offset: number): number => points.slice(0, -2).filter((_value, at) => at % 2 === offset).reduce((sum, value) => sum + value, 0) / (points.length / 2 - 1);
    // Back to the patient by the image plane: pixel centres are at half-integers of SCOORD.
    const world = worldOf(geometryOf(grid), [mean(0) - 0.5, mean(1) - 0.5, 15]);
    const truth = worldOf(geometryOf(grid), [30, 25, 15]);
    expect(Math.hypot(...world.map((value, axis) => value - (truth[axis] ?? Infinity)))).toBeLessThan(0.05);
  });
});
