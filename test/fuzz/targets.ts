/** The readers of what comes from outside, each with seeds of its own grammar. An answer or a coded error; nothing else. */
import { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import { fromDicomJson, toDicomJson } from '../../src/dicom/json.ts';
import { parseHeader, parsePart10 } from '../../src/dicom/parse.ts';
import { decodeAssociateAccept, decodeAssociateRequest, encodeAssociateAccept, encodeAssociateRequest } from '../../src/dimse/associate-pdu.ts';
import { createByteSource } from '../../src/dimse/byte-source.ts';
import { commandField, decodeCommandSet, encodeCommandSet } from '../../src/dimse/command-set.ts';
import { createPduReader } from '../../src/dimse/pdu-reader.ts';
import { encodeFragmentHeader, encodeReleaseRequest } from '../../src/dimse/pdu.ts';
import { parseMultipart } from '../../src/dicomweb/multipart.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { implicitVRLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { createCsvParser, CsvSyntaxError } from '../../src/evaluation/csv-parser.ts';
import { readLidcXml } from '../../src/lidc/read-lidc.ts';
import { faultOf } from '../../src/volume-files/faults.ts';
import { parseMetaImage } from '../../src/volume-files/metaimage.ts';
import { parseNifti } from '../../src/volume-files/nifti.ts';
import { parseNrrd } from '../../src/volume-files/nrrd.ts';
import { makeBoxSeries } from '../viewer/helpers/box-series.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  run(input: Uint8Array): void | Promise<void>;
  /** Errors besides AppError that the reader is documented to throw. */
  readonly alsoAllowed?: (error: unknown) => boolean;
}

const text = (value: string): Uint8Array => Buffer.from(value);
const part10 = makeBoxSeries({ name: 'fuzz' }).instances[0]!.part10;
const parsed = parsePart10(part10);
const shortened = { ...parsed.dataset };
delete shortened['7FE00010'];
const enhanced = parsePart10(makeBoxSeries({ name: 'fuzz enhanced', enhanced: true }).instances[0]!.part10).dataset;
delete enhanced['7FE00010'];
const files = [
  part10.subarray(0, 2200), encodePart10(shortened), encodePart10(shortened, { transferSyntaxUID: implicitVRLittleEndian }),
  encodePart10(enhanced),
];
const contexts = [{ id: 1, abstractSyntaxUID: '1.2.840.10008.1.1', transferSyntaxUIDs: ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'] }];
const request = encodeAssociateRequest({ calledAETitle: 'PHOI', callingAETitle: 'CT1', contexts, maxPduLength: 16384 });
const accept = encodeAssociateAccept({ calledAETitle: 'PHOI', callingAETitle: 'CT1', contexts: [{ id: 1, result: 0, transferSyntaxUID: '1.2.840.10008.1.2' }], maxPduLength: 16384, roles: [] });
const command = encodeCommandSet({
  commandField: commandField.cStoreRequest, messageID: 1, affectedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2', affectedSOPInstanceUID: '1.2.3', priority: 0, hasDataset: true,
});
const stream = Buffer.concat([request, encodeFragmentHeader(1, true, true, command.length), command, encodeReleaseRequest()]);

async function readPdus(input: Uint8Array): Promise<void> {
  const socket = Readable.from([Buffer.from(input)], { objectMode: false });
  const reader = createPduReader(createByteSource(socket as unknown as Socket), { maxPduLength: 131_072, stallMs: 1000 });
  for (let n = 0; n < 1000; n += 1) {
    const { kind } = await reader.next(1000);
    if (kind === 'closed' || kind === 'abort') return;
  }
}

async function readParts(input: Uint8Array): Promise<void> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < input.length; at += 61) yield input.subarray(at, at + 61);
  }
  for await (const { body } of parseMultipart(pieces(), 'bound')) for await (const chunk of body) if (chunk.length > input.length) throw new Error('more came out than went in');
}

export const targets: readonly FuzzTarget[] = [
  { name: 'dicom-file', seeds: files, run: (input) => { parsePart10(input); } },
  { name: 'dicom-prefix', seeds: files, run: (input) => { parseHeader(input, input.length * 2 + 100); } },
  { name: 'associate-request', seeds: [request.subarray(6)], run: (input) => { decodeAssociateRequest(Buffer.from(input)); } },
  { name: 'associate-accept', seeds: [accept.subarray(6)], run: (input) => { decodeAssociateAccept(Buffer.from(input)); } },
  { name: 'command-set', seeds: [command], run: (input) => { decodeCommandSet(Buffer.from(input)); } },
  { name: 'pdu-stream', seeds: [stream], run: readPdus },
  {
    name: 'stow-multipart',
    seeds: [text('--bound\r\nContent-Type: application/dicom\r\n\r\nABC\r\n--bound\r\nContent-Type: application/dicom+json; charset="utf-8"\r\nContent-Length: 3\r\n\r\n\r\n--boun\r\n--bound--\r\n')],
    run: readParts,
  },
  {
    name: 'csv', seeds: [text('seriesuid,coordX,coordY,coordZ,diameter_mm\r\n1.2.3,-1.5,2e1,"3","4,5"\r\n"a""b",1,2,3,4\n')],
    run(input) {
      const parser = createCsvParser(() => undefined);
      const all = Buffer.from(input).toString();
      for (let at = 0; at < all.length; at += 13) parser.push(all.slice(at, at + 13));
      parser.end();
    },
    alsoAllowed: (error) => error instanceof CsvSyntaxError,
  },
  { name: 'dicom-json', seeds: [text(JSON.stringify(toDicomJson(shortened)))], run: (input) => { fromDicomJson(JSON.parse(Buffer.from(input).toString())); }, alsoAllowed: (error) => error instanceof SyntaxError },
  { name: 'metaimage', seeds: [text('ObjectType = Image\nNDims = 3\nDimSize = 4 4 2\nElementSpacing = 1 1 2.5\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementType = MET_SHORT\nElementDataFile = LOCAL\n')], run: (input) => { parseMetaImage(input, 'x.mhd', faultOf('x.mhd')); } },
  { name: 'nrrd', seeds: [text('NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 4 2\nspace directions: (1,0,0) (0,1,0) (0,0,2.5)\nkinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n')], run: (input) => { parseNrrd(input, 'x.nrrd', faultOf('x.nrrd')); } },
  { name: 'nifti', seeds: [niftiHeader()], run: (input) => { parseNifti(input, 'x.nii', false, faultOf('x.nii')); } },
  {
    name: 'lidc-xml',
    seeds: [text('<?xml version="1.0"?><LidcReadMessage xmlns="http://www.nih.gov"><ResponseHeader><SeriesInstanceUid>1.2.3</SeriesInstanceUid></ResponseHeader><readingSession><unblindedReadNodule><noduleID>1</noduleID><characteristics><malignancy>3</malignancy></characteristics><roi><imageZposition>-10.5</imageZposition><imageSOP_UID>1.2.3.4</imageSOP_UID><inclusion>TRUE</inclusion><edgeMap><xCoord>10</xCoord><yCoord>11</yCoord></edgeMap></roi></unblindedReadNodule></readingSession></LidcReadMessage>')],
    run: (input) => { readLidcXml(Buffer.from(input).toString(), 'x.xml'); },
  },
];

function niftiHeader(): Uint8Array {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  for (const [index, value] of [3, 4, 4, 2, 1, 1, 1, 1].entries()) header.writeInt16LE(value, 40 + 2 * index);
  header.writeInt16LE(4, 70);
  header.writeInt16LE(16, 72);
  for (const [index, value] of [1, 1, 1, 2.5].entries()) header.writeFloatLE(value, 76 + 4 * index);
  header.writeFloatLE(352, 108);
  header.writeInt16LE(1, 254);
  for (const [index, value] of [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2.5, 0].entries()) header.writeFloatLE(value, 280 + 4 * index);
  header.write('n+1\0', 344, 'latin1');
  return header;
}
