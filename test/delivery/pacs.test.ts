/** The results through a real PACS: stored, moved on, and read over DICOMweb as viewers read them. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDelivery } from '../../src/delivery/delivery.ts';
import { toDicomJson } from '../../src/dicom/json.ts';
import type { Dataset, DicomElement } from '../../src/dicom/dataset.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { text } from '../../src/dicom/access.ts';
import { isKeyword, keywordOf, tag } from '../../src/dicom/tags.ts';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import { startDimseScp, type DimseScp } from '../../src/dimse/scp.ts';
import { silentLog } from '../../src/log.ts';
import { buildResultObjects, type ResultObject, type ResultRole } from '../../src/results/build-result-objects.ts';
import { buildReviewObjects } from '../../src/results/review-objects.ts';
import { buildRejectionNote } from '../../src/results/supersede.ts';
import { startHttp, type TestHttp } from '../http/support.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';
import { runProgram, startProgram, type Server } from '../dimse/helpers/programs.ts';
import { recordingStudy, type RecordingStudy } from '../dimse/helpers/recording-study.ts';
import { picturedInput } from '../results/pictured.ts';
import { aiReport, mixedReading } from '../results/review-sample.ts';
import { axial, createdAt } from '../results/sample.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const study = '2.25.5';

/** `SegmentSequence.SegmentLabel`: the elements at the path in every item on the way. */
function at(dataset: Dataset, path: string): readonly DicomElement[] {
  let datasets: readonly Dataset[] = [dataset];
  const keywords = path.split('.');
  for (const [index, keyword] of keywords.entries()) {
    if (!isKeyword(keyword)) throw new Error(`${keyword} is no keyword`);
    const elements = datasets.map((item) => item[tag(keyword)]).filter((element) => element !== undefined);
    if (index === keywords.length - 1) return elements;
    datasets = elements.flatMap((element) => (element.Value ?? []) as readonly Dataset[]);
  }
  return [];
}

/** What OHIF and Cornerstone read of each kind (extensions cornerstone-dicom-seg, -sr, default; adapters of Cornerstone3D). */
const everyone = [
  'StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID', 'Modality', 'SeriesNumber', 'InstanceNumber', 'SeriesDescription',
  'PatientID', 'PatientName', 'StudyDate', 'StudyTime', 'AccessionNumber', 'Manufacturer',
];
const wanted: Readonly<Record<string, readonly string[]>> = {
  SEG: [
    'FrameOfReferenceUID', 'Rows', 'Columns', 'NumberOfFrames', 'BitsAllocated', 'BitsStored', 'HighBit', 'PixelRepresentation', 'SamplesPerPixel', 'PhotometricInterpretation',
    'SegmentationType', 'ReferencedSeriesSequence.SeriesInstanceUID', 'ReferencedSeriesSequence.ReferencedInstanceSequence.ReferencedSOPInstanceUID',
    'SharedFunctionalGroupsSequence.PlaneOrientationSequence.ImageOrientationPatient', 'SharedFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing',
    'SharedFunctionalGroupsSequence.PixelMeasuresSequence.SliceThickness', 'PerFrameFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient',
    'PerFrameFunctionalGroupsSequence.SegmentIdentificationSequence.ReferencedSegmentNumber', 'PerFrameFunctionalGroupsSequence.FrameContentSequence.DimensionIndexValues',
    'PerFrameFunctionalGroupsSequence.DerivationImageSequence.SourceImageSequence.ReferencedSOPInstanceUID',
    'DimensionIndexSequence.DimensionIndexPointer', 'SegmentSequence.SegmentNumber', 'SegmentSequence.SegmentLabel', 'SegmentSequence.SegmentAlgorithmType',
    'SegmentSequence.SegmentedPropertyCategoryCodeSequence.CodeValue', 'SegmentSequence.SegmentedPropertyTypeCodeSequence.CodeMeaning',
    'SegmentSequence.TrackingUID', 'SegmentSequence.TrackingID', 'SegmentSequence.RecommendedDisplayCIELabValue', 'PixelData',
  ],
  SR: [
    'ConceptNameCodeSequence.CodeValue', 'ContentTemplateSequence.TemplateIdentifier', 'ContentTemplateSequence.MappingResource', 'ContentSequence.RelationshipType', 'ContentSequence.ValueType', 'CompletionFlag', 'VerificationFlag',
    'CurrentRequestedProcedureEvidenceSequence.StudyInstanceUID', 'CurrentRequestedProcedureEvidenceSequence.ReferencedSeriesSequence.SeriesInstanceUID',
    'CurrentRequestedProcedureEvidenceSequence.ReferencedSeriesSequence.ReferencedSOPSequence.ReferencedSOPInstanceUID',
    'ContentSequence.ContentSequence.ContentSequence.ConceptNameCodeSequence.CodeValue', 'ContentSequence.ContentSequence.ContentSequence.UID', 'ContentSequence.ContentSequence.ContentSequence.MeasuredValueSequence.NumericValue',
  ],
  PR: [
    'ReferencedSeriesSequence.SeriesInstanceUID', 'ReferencedSeriesSequence.ReferencedImageSequence.ReferencedSOPInstanceUID', 'GraphicAnnotationSequence.GraphicObjectSequence.GraphicData',
    'GraphicAnnotationSequence.GraphicLayer', 'GraphicLayerSequence.GraphicLayerOrder', 'DisplayedAreaSelectionSequence.PresentationSizeMode', 'SoftcopyVOILUTSequence.WindowCenter', 'ContentLabel', 'PresentationCreationDate',
  ],
  KO: ['ConceptNameCodeSequence.CodeValue', 'CurrentRequestedProcedureEvidenceSequence.ReferencedSeriesSequence.ReferencedSOPSequence.ReferencedSOPInstanceUID', 'ContentSequence.ReferencedSOPSequence.ReferencedSOPInstanceUID'],
  OT: ['Rows', 'Columns', 'SamplesPerPixel', 'PhotometricInterpretation', 'PlanarConfiguration', 'BitsAllocated', 'BitsStored', 'HighBit', 'PixelRepresentation', 'ConversionType', 'PixelData'],
  DOC: ['DocumentTitle', 'MIMETypeOfEncapsulatedDocument', 'EncapsulatedDocument', 'BurnedInAnnotation'],
};
/** What a kind has elsewhere: voxels of a label map name their segment themselves, the values of a Chest CAD SR lie deeper. */
const elsewhere: Readonly<Partial<Record<ResultRole, RegExp>>> = { labelmap: /SegmentIdentification/u, 'cad-sr': /^ContentSequence\.ContentSequence\./u };

describe.runIf(hasPrograms('Orthanc', 'storescp', 'movescu'))('the results in Orthanc', () => {
  let folder: string;
  let ours: TestHttp;
  let orthanc: Orthanc;
  let storescp: Server;
  let scp: DimseScp;
  let moved: RecordingStudy;
  let objects: readonly ResultObject[];
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-pacs-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    // Of the AI in every form, of the radiologist who signed, and the note that rejects an earlier report.
    const analysed = await buildResultObjects(picturedInput(axial, { pdf: true, chestCadSr: true, enhancedSr: true, labelmap: true }));
    const note = buildRejectionNote({ report: analysed.find(({ role }) => role === 'sr')!.part10, rejected: [aiReport], fromVersion: 1, toVersion: 2, softwareVersion: '0.1.0', createdAt });
    objects = [...analysed, ...await buildReviewObjects(mixedReading()), note];
    expect(new Set(objects.map(({ role }) => role))).toEqual(new Set(['seg', 'sr', 'pr', 'ko', 'sc', 'labelmap', 'cad-sr', 'enhanced-sr', 'pdf', 'rejection']));
    ours = await startHttp();
    closers.unshift(() => ours.close());
    storescp = await startProgram('storescp', (port) => ['-od', folder, '-aet', 'ARCHIVE', '-pm', String(port)]);
    closers.unshift(() => storescp.stop());
    moved = recordingStudy();
    scp = await startDimseScp({ host: '127.0.0.1', port: 0, aeTitle: 'PHOI', study: moved, log: silentLog() });
    closers.unshift(() => scp.close());
    const client = await freePort();
    // Label maps are younger than this Orthanc and this storescp.
    orthanc = await startOrthanc({ archive: ['ARCHIVE', '127.0.0.1', storescp.port], phoi: ['PHOI', '127.0.0.1', scp.port], client: ['MOVESCU', '127.0.0.1', client] }, { UnknownSopClassAccepted: true });
    closers.unshift(() => orthanc.stop());
    for (const { part10, sopInstanceUID, role } of objects) {
      await ours.store(part10);
      await ours.index.addDelivery({ id: `d-${sopInstanceUID}`, studyInstanceUID: study, sopInstanceUID, destination: 'pacs', role });
    }
    const delivery = startDelivery({
      destinations: [{ name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC' }],
      index: ours.index, archive: ours.archive, aeTitle: 'PHOI', log: silentLog(),
    });
    closers.unshift(() => delivery.close());
    await until('the delivery', async () => (await ours.index.deliveries(study)).every(({ state }) => state === 'sent'));
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  const datasetBytes = (part10: Uint8Array): Buffer => Buffer.from(part10.subarray(parsePart10(part10).datasetOffset));
  const move = (aeTitle: string) => runProgram('movescu', ['-S', '-aet', 'MOVESCU', '-aec', 'ORTHANC', '-aem', aeTitle, '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study}`, '127.0.0.1', String(orthanc.dicomPort)]);

  it('are kept byte for byte', async () => {
    const ids = await orthanc.get<readonly string[]>('/instances');
    expect(ids).toHaveLength(objects.length);
    for (const id of ids) {
      const there = await orthanc.file(id);
      const uid = parsePart10(there).dataset[tag('SOPInstanceUID')]?.Value?.[0];
      const own = objects.find(({ sopInstanceUID }) => sopInstanceUID === uid)!;
      expect(datasetBytes(there).equals(datasetBytes(own.part10)), own.role).toBe(true);
    }
  });

  it('are moved to another archive with every value as it was written', async () => {
    expect(await move('ARCHIVE')).toMatchObject({ code: 0 });
    const names = await until('the files', async () => {
      const found = (await readdir(folder)).filter((name) => !name.endsWith('.tmp'));
      return found.length === objects.length && found;
    });
    for (const name of names) {
      const there = await readFile(join(folder, name));
      const parsed = parsePart10(there);
      const own = objects.find(({ sopInstanceUID }) => sopInstanceUID === parsed.dataset[tag('SOPInstanceUID')]?.Value?.[0])!;
      expect(datasetBytes(there).equals(datasetBytes(own.part10)), own.role).toBe(true);
    }
  });

  it('are moved back here', async () => {
    expect(await move('PHOI')).toMatchObject({ code: 0 });
    expect(moved.received).toHaveLength(objects.length);
    for (const { sopInstanceUID, bytes } of moved.received) {
      const own = objects.find((object) => object.sopInstanceUID === sopInstanceUID)!;
      expect(datasetBytes(bytes!).equals(datasetBytes(own.part10)), own.role).toBe(true);
    }
  });

  it.each([['this service', () => `${ours.url}/dicom-web`], ['Orthanc', () => orthanc.dicomWebUrl]])('have in the metadata of %s what viewers read', async (_name, root) => {
    const metadata = await dicomwebClient({ baseUrl: root() }).metadata({ studyInstanceUID: study });
    expect(metadata).toHaveLength(objects.length);
    const seen = new Set<string>();
    for (const dataset of metadata) {
      const modality = text(dataset, 'Modality')!;
      seen.add(modality);
      const { role } = objects.find(({ sopInstanceUID }) => sopInstanceUID === text(dataset, 'SOPInstanceUID'))!;
      const missing = [...everyone, ...wanted[modality]!].filter((path) => {
        if (elsewhere[role]?.test(path) === true) return false;
        const elements = at(dataset, path);
        return elements.length === 0 || elements.every(({ Value, BulkDataURI, InlineBinary }) => (Value?.length ?? 0) === 0 && BulkDataURI === undefined && InlineBinary === undefined);
      });
      expect(missing, role).toEqual([]);
    }
    expect([...seen].sort()).toEqual(['DOC', 'KO', 'OT', 'PR', 'SEG', 'SR']);
  });

  it('say the same in both metadata, value by value', async () => {
    const [here, there] = await Promise.all([`${ours.url}/dicom-web`, orthanc.dicomWebUrl].map((baseUrl) => dicomwebClient({ baseUrl }).metadata({ studyInstanceUID: study })));
    const uidOf = (dataset: Dataset): unknown => dataset[tag('SOPInstanceUID')]!.Value![0];
    for (const dataset of here!) {
      const other = there!.find((candidate) => uidOf(candidate) === uidOf(dataset))!;
      const own = plain(dataset);
      const theirs = plain(other);
      const differing = [...new Set([...Object.keys(own), ...Object.keys(theirs)])].filter((key) => JSON.stringify(own[key]) !== JSON.stringify(theirs[key]));
      expect(differing.map((key) => keywordOf(key) ?? key), text(dataset, 'Modality')).toEqual([]);
    }
  });

  it('are whole when they are retrieved from either over WADO-RS', async () => {
    for (const baseUrl of [`${ours.url}/dicom-web`, orthanc.dicomWebUrl]) {
      let count = 0;
      for await (const part of dicomwebClient({ baseUrl }).retrieve({ studyInstanceUID: study })) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of part) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        const own = objects.find(({ sopInstanceUID }) => sopInstanceUID === parsePart10(bytes).dataset[tag('SOPInstanceUID')]?.Value?.[0])!;
        expect(datasetBytes(bytes).equals(datasetBytes(own.part10)), own.role).toBe(true);
        count += 1;
      }
      expect(count).toBe(objects.length);
    }
  });
});

/** Without what a server adds or says in its own way: addresses, its own attributes, the character set of the file. */
function plain(dataset: Dataset): Record<string, unknown> {
  const ignored = new Set([tag('SpecificCharacterSet'), tag('RetrieveURL'), tag('AvailableTransferSyntaxUID'), tag('PixelData'), tag('EncapsulatedDocument')]);
  return Object.fromEntries(Object.entries(toDicomJson(dataset)).filter(([key]) => !ignored.has(key)).sort(([a], [b]) => (a < b ? -1 : 1)));
}
