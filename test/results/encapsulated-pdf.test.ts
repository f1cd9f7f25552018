import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi as vitest } from 'vitest';
import { number, text } from '../../src/dicom/access.ts';
import { put } from '../../src/dicom/build.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { conclude } from '../../src/conclusions/conclude.ts';
import { buildResultObjects, type ResultInput } from '../../src/results/build-result-objects.ts';
import { plainResults, type ResultLanguage } from '../../src/results/options.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';
import { dciodvfy } from './peers.ts';
import { picturedInput } from './pictured.ts';
import { axial, notAnalysedInput, sampleInput, spheres } from './sample.ts';

vitest.setConfig({ testTimeout: 400_000 });

async function objectOf(input: ResultInput, language: ResultLanguage = 'en'): Promise<Uint8Array> {
  const found = (await buildResultObjects({ ...input, options: { ...plainResults, pdf: true, language } })).find(({ role }) => role === 'pdf');
  if (found === undefined) throw new Error('no document');
  return found.part10;
}

/** The document without the byte that makes its length even. */
function pdfOf(part10: Uint8Array): Uint8Array {
  const { dataset } = parsePart10(part10);
  return dataset['00420011']!.bytes!.subarray(0, number(dataset, 'EncapsulatedDocumentLength'));
}

describe('the document', () => {
  it('is a PDF, the same bytes each time, another object in another language', async () => {
    const [a, b, vi] = [await objectOf(picturedInput()), await objectOf(picturedInput()), await objectOf(picturedInput(), 'vi')];
    expect(Buffer.compare(a, b)).toBe(0);
    expect(Buffer.from(pdfOf(a).subarray(0, 5)).toString()).toBe('%PDF-');
    expect(Buffer.from(pdfOf(a)).toString('latin1').trimEnd()).toMatch(/%%EOF$/u);
    const { dataset } = parsePart10(a);
    expect([text(dataset, 'MIMETypeOfEncapsulatedDocument'), text(dataset, 'BurnedInAnnotation'), text(dataset, 'VerificationFlag'), text(dataset, 'Modality')]).toEqual(['application/pdf', 'YES', 'UNVERIFIED', 'DOC']);
    expect(text(parsePart10(vi).dataset, 'SOPInstanceUID')).not.toBe(text(dataset, 'SOPInstanceUID'));
  });

  it('says in its title when nothing was analysed', async () => {
    expect(text(parsePart10(await objectOf(notAnalysedInput())).dataset, 'DocumentTitle')).toContain('NOT ANALYSED');
    expect(text(parsePart10(await objectOf(sampleInput(axial, []))).dataset, 'DocumentTitle')).toContain('none at or above threshold');
  });
});

describe.runIf(hasPrograms('dciodvfy'))('the document is valid', () => {
  it.each<readonly [string, () => ResultInput]>([['with findings', picturedInput], ['without', () => sampleInput(axial, [])], ['not analysed', notAnalysedInput]])('%s', async (_name, input) => {
    expect(dciodvfy(await objectOf(input()))).toEqual({ recognised: 'EncapsulatedPDF', errors: [] });
  });
});

describe.runIf(hasPrograms('pdftotext'))('the document read by another program', () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-pdf-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function words(input: ResultInput, language: ResultLanguage): Promise<string> {
    const path = join(folder, 'document.pdf');
    await writeFile(path, pdfOf(await objectOf(input, language)));
    return (await runOk('pdftotext', ['-layout', path, '-'])).normalize('NFC').replace(/\s+/gu, ' ');
  }

  it('has text that can be selected, in both languages', async () => {
    const input = picturedInput();
    const en = await words(input, 'en');
    for (const said of ['AI RESULT, NOT A DIAGNOSIS', 'Nguyễn Thị Hồng', 'BN-0042', '3 possible lung nodules', 'Nodule 2', 'left lower lobe', '6.0 (6.0 × 6.0)', '113', 'a radiologist decides', 'nodule-detector 1.0.0']) expect(en).toContain(said);
    const vi = await words(input, 'vi');
    for (const said of ['KẾT QUẢ CỦA AI, KHÔNG PHẢI CHẨN ĐOÁN', 'Nguyễn Thị Hồng', '3 nốt phổi nghi ngờ', 'thùy dưới phổi trái', 'không ghi', 'bác sĩ chẩn đoán hình ảnh là người quyết định']) expect(vi).toContain(said);
  });

  it.each<readonly [name: string, en: string, vi: string]>([
    ['สมชาย^ใจดี', 'Name not printable here: see the Patient ID', 'Không in được tên ở đây: xem mã bệnh nhân'],
    ['قباني^لنزار', 'Name not printable here: see the Patient ID', 'Không in được tên ở đây: xem mã bệnh nhân'],
    ['=王^小东', 'Name not printable here: see the Patient ID', 'Không in được tên ở đây: xem mã bệnh nhân'],
    ['Wang^XiaoDong=王^小东', 'Wang XiaoDong', 'Wang XiaoDong'],
  ])('never prints boxes for a name (%s), and always the Patient ID', async (name, en, vi) => {
    const input = sampleInput(axial, []);
    put(input.sourceHeaders.header, 'PatientName', name);
    put(input.sourceHeaders.header, 'StudyDescription', '胸部平扫');
    for (const [language, said] of [['en', en], ['vi', vi]] as const) {
      const printed = await words(input, language);
      expect(printed).toContain(said);
      expect(printed).toContain('BN-0042');
      expect(printed).toContain(language === 'en' ? 'not printable here' : 'không in được ở đây');
      expect(printed).not.toMatch(/\p{Script=Thai}|\p{Script=Arabic}|\p{Script=Han}/u);
    }
  });

  it('says none and not analysed each in its own words', async () => {
    const none = await words(sampleInput(axial, []), 'en');
    expect(none).toContain('No nodule at or above the threshold');
    expect(none).not.toContain('NOT ANALYSED');
    const refused = await words(notAnalysedInput(), 'en');
    expect(refused).toContain('NOT ANALYSED');
    expect(refused).toContain('The study has no CT series of the chest.');
    expect(refused).not.toContain('No nodule at or above');
  });

  it('shows what the guidelines say where it was concluded', async () => {
    const input = picturedInput(axial, {}, spheres.slice(0, 1));
    const conclusions = conclude({ findings: input.findings.findings, patient: { ageYears: 66, isScreening: true, prior: 'none', lungsFullyEvaluated: true }, comparisons: [] });
    expect(await words({ ...input, conclusions }, 'en')).toMatch(/Lung-RADS v2022: category 4A/u);
    expect(await words(input, 'en')).not.toContain('Lung-RADS');
  });
});
