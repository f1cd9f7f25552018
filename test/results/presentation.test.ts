import { describe, expect, it } from 'vitest';

import { item, items, numbers, text, texts } from '../../src/dicom/access.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import type { ResultInput, ResultRole } from '../../src/results/build-result-objects.ts';
import { describeSr } from '../../src/results/describe-sr.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { dciodvfy, dsrdump } from './peers.ts';
import { axial, multiFrameInput, notAnalysedInput, oblique, sampleInput, spheres } from './sample.ts';

async function objectOf(input: ResultInput, role: ResultRole): Promise<Uint8Array> {
  const found = (await buildResultObjects(input)).find((object) => object.role === role);
  if (found === undefined) throw new Error(`no ${role}`);
  return found.part10;
}

const inputs: readonly (readonly [string, () => ResultInput])[] = [
  ['an axial series', () => sampleInput(axial, spheres)], ['an oblique series', () => sampleInput(oblique, spheres)], ['a multi-frame image', multiFrameInput],
];

describe.runIf(hasPrograms('dciodvfy', 'dsrdump'))('valid on', () => {
  it.each(inputs)('%s', async (_name, input) => {
    expect(dciodvfy(await objectOf(input(), 'pr'))).toEqual({ recognised: 'GrayscaleSoftcopyPresentationState', errors: [] });
    const ko = await objectOf(input(), 'ko');
    expect(dciodvfy(ko)).toEqual({ recognised: 'KeyObjectSelectionDocument', errors: [] });
    expect(dsrdump(ko)).toContain('a radiologist decides');
  });
});

describe('the presentation state', () => {
  it('draws each outline on its image, closed, from the corner of the image, with the name beside it', async () => {
    const input = sampleInput(axial, spheres.slice(0, 1));
    const square = [{ sopInstanceUID: '2.25.100015', polygons: [[9.5, 9.5, 11.5, 9.5, 11.5, 12.5, 9.5, 12.5]] }];
    const findings = { ...input.findings, findings: input.findings.findings.map((finding) => ({ ...finding, outlines: square })) };
    const { dataset } = parsePart10(await objectOf({ ...input, findings }, 'pr'));
    const [annotation = {}] = items(dataset, 'GraphicAnnotationSequence');
    expect(text(item(annotation, 'ReferencedImageSequence') ?? {}, 'ReferencedSOPInstanceUID')).toBe('2.25.100015');
    expect(numbers(item(annotation, 'GraphicObjectSequence') ?? {}, 'GraphicData')).toEqual([10, 10, 12, 10, 12, 13, 10, 13, 10, 10]);
    expect(numbers(item(annotation, 'GraphicObjectSequence') ?? {}, 'NumberOfGraphicPoints')).toEqual([5]);
    const label = item(annotation, 'TextObjectSequence') ?? {};
    expect(text(label, 'UnformattedTextValue')).toBe('Nodule 1 10.0 mm (AI, not verified)');
    expect(numbers(label, 'AnchorPoint')).toEqual([15, 10]);
  });

  it('covers the whole image in a lung window and applies to the images it marks', async () => {
    const { dataset } = parsePart10(await objectOf(sampleInput(axial, spheres), 'pr'));
    const area = item(dataset, 'DisplayedAreaSelectionSequence') ?? {};
    expect([numbers(area, 'DisplayedAreaTopLeftHandCorner'), numbers(area, 'DisplayedAreaBottomRightHandCorner')]).toEqual([[1, 1], [90, 70]]);
    const window = item(dataset, 'SoftcopyVOILUTSequence') ?? {};
    expect([numbers(window, 'WindowCenter'), numbers(window, 'WindowWidth')]).toEqual([[-600], [1500]]);
    const images = (sequence: Dataset): readonly string[] => items(sequence, 'ReferencedImageSequence').flatMap((reference) => texts(reference, 'ReferencedSOPInstanceUID'));
    expect(images(item(dataset, 'ReferencedSeriesSequence') ?? {})).toEqual(['2.25.100015', '2.25.100022', '2.25.100018']);
    expect(images(window)).toEqual(['2.25.100015', '2.25.100022', '2.25.100018']);
  });

  it('takes the rescale of the images', async () => {
    const input = sampleInput(axial, spheres);
    input.sourceHeaders.header['00281052'] = { vr: 'DS', Value: [-8192] };
    input.sourceHeaders.header['00281053'] = { vr: 'DS', Value: [0.5] };
    const { dataset } = parsePart10(await objectOf(input, 'pr'));
    expect([numbers(dataset, 'RescaleIntercept'), numbers(dataset, 'RescaleSlope')]).toEqual([[-8192], [0.5]]);
  });

  it('is one for each rescale of the images, and the key objects name the right one', async () => {
    const input = sampleInput(axial, spheres);
    const references = input.sourceHeaders.references.map((reference) => ({ ...reference, rescale: reference.sopInstanceUID === '2.25.100022' ? { slope: 0.5, intercept: -1000 } : { slope: 1, intercept: -1024 } }));
    const objects = await buildResultObjects({ ...input, sourceHeaders: { ...input.sourceHeaders, references } });
    const states = objects.filter(({ role }) => role === 'pr');
    const shown = states.map(({ part10 }) => {
      const { dataset } = parsePart10(part10);
      const images = items(item(dataset, 'ReferencedSeriesSequence') ?? {}, 'ReferencedImageSequence').map((reference) => text(reference, 'ReferencedSOPInstanceUID'));
      return [numbers(dataset, 'RescaleSlope')?.[0], numbers(dataset, 'RescaleIntercept')?.[0], images, items(dataset, 'GraphicAnnotationSequence').length];
    });
    expect(shown).toEqual([[1, -1024, ['2.25.100015', '2.25.100018'], 2], [0.5, -1000, ['2.25.100022'], 1]]);
    const { dataset } = parsePart10(objects.find(({ role }) => role === 'ko')!.part10);
    const named = items(dataset, 'ContentSequence').flatMap((node) => items(node, 'ReferencedSOPSequence')).map((image) => [text(image, 'ReferencedSOPInstanceUID'), text(item(image, 'ReferencedSOPSequence') ?? {}, 'ReferencedSOPInstanceUID')]);
    const [first, second] = states.map(({ sopInstanceUID }) => sopInstanceUID);
    expect(named).toEqual([['2.25.100015', first], ['2.25.100022', second], ['2.25.100018', first]]);
    if (hasPrograms('dciodvfy')) for (const { part10 } of objects) expect(dciodvfy(part10).errors).toEqual([]);
  });
});

describe('the key objects', () => {
  it('are the images of the measurements, with the state to show them in', async () => {
    const objects = await buildResultObjects(sampleInput(axial, spheres));
    expect(objects.map(({ role }) => role)).toEqual(['seg', 'sr', 'pr', 'ko']);
    const state = objects[2]?.sopInstanceUID;
    const { dataset } = parsePart10(objects[3]?.part10 ?? new Uint8Array(0));
    const references = describeSr(dataset).content.children.flatMap(({ references: found }) => found ?? []);
    expect(references.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['2.25.100015', '2.25.100022', '2.25.100018']);
    const nested = items(dataset, 'ContentSequence').flatMap((node) => items(node, 'ReferencedSOPSequence')).flatMap((reference) => items(reference, 'ReferencedSOPSequence'));
    expect(nested.map((reference) => text(reference, 'ReferencedSOPInstanceUID'))).toEqual([state, state, state]);
  });

  it('and the state are left out where there is nothing to show', async () => {
    expect((await buildResultObjects(sampleInput(axial, []))).map(({ role }) => role)).toEqual(['sr']);
    expect((await buildResultObjects(notAnalysedInput())).map(({ role }) => role)).toEqual(['sr']);
  });
});
