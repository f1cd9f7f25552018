/** One file of LIDC-IDRI (LidcReadMessage) to the nodules of each reader. */
import { AppError } from '../errors.ts';
import { childrenNamed, parseXml, textOf, type XmlElement } from './parse-xml.ts';
import type { Characteristics, LidcProblem, LidcRead, Outline, ReaderNodule } from './types.ts';

const mostReaders = 4;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

function numberOf(element: XmlElement, ...names: readonly string[]): number | undefined {
  const text = textOf(element, ...names);
  return text !== undefined && decimal.test(text) ? Number(text) : undefined;
}

function pointOf(element: XmlElement): readonly [number, number] | undefined {
  const [x, y] = [numberOf(element, 'xCoord'), numberOf(element, 'yCoord')];
  return x === undefined || y === undefined ? undefined : [x, y];
}

/** An outline or the place of a non-nodule; undefined with a problem when a coordinate is no number. */
function outlineOf(element: XmlElement, pointElements: 'edgeMap' | 'locus', inclusion: boolean, what: string, problems: LidcProblem[]): Outline | undefined {
  const zMm = numberOf(element, 'imageZposition');
  const points = childrenNamed(element, pointElements).map(pointOf);
  if (zMm === undefined || points.some((point) => point === undefined)) {
    problems.push({ code: 'BAD_COORDINATE', text: `${what}, line ${element.line}: a coordinate is missing or no number; this outline is left out` });
    return undefined;
  }
  if (points.length === 0) {
    problems.push({ code: 'NO_OUTLINE', text: `${what}, line ${element.line}: an outline without a point` });
    return undefined;
  }
  return { sopInstanceUID: textOf(element, 'imageSOP_UID') ?? '', zMm, inclusion, points: points as readonly (readonly [number, number])[] };
}

function characteristicsOf(element: XmlElement): Characteristics {
  const [holder] = childrenNamed(element, 'characteristics');
  return Object.fromEntries((holder?.children ?? []).flatMap(({ name, text }) => (/^[1-6]$/u.test(text) ? [[name, Number(text)]] : [])));
}

function isTrue(text: string | undefined): boolean {
  return text === undefined || text.toUpperCase() !== 'FALSE';
}

function noduleOf(element: XmlElement, reader: number, file: string, problems: LidcProblem[]): ReaderNodule | undefined {
  const id = textOf(element, 'noduleID', 'noduleId') ?? '';
  const what = `${file}: reader ${reader}, nodule ${JSON.stringify(id.slice(0, 40))}`;
  const outlines = childrenNamed(element, 'roi').map((roi) => outlineOf(roi, 'edgeMap', isTrue(textOf(roi, 'inclusion')), what, problems)).filter((outline) => outline !== undefined);
  if (!outlines.some(({ inclusion }) => inclusion)) {
    problems.push({ code: 'NO_OUTLINE', text: `${what}, line ${element.line}: no outline is left; this nodule of the reader is left out` });
    return undefined;
  }
  const isOutlined = outlines.some(({ inclusion, points }) => inclusion && points.length > 1);
  return { reader, id, kind: isOutlined ? 'outlined' : 'small', characteristics: characteristicsOf(element), outlines };
}

function nonNoduleOf(element: XmlElement, reader: number, file: string, problems: LidcProblem[]): ReaderNodule | undefined {
  const id = textOf(element, 'nonNoduleID', 'nonNoduleId') ?? '';
  const outline = outlineOf(element, 'locus', true, `${file}: reader ${reader}, non-nodule ${JSON.stringify(id.slice(0, 40))}`, problems);
  return outline && { reader, id, kind: 'non-nodule', characteristics: {}, outlines: [outline] };
}

/**
 * Readers count even when they marked nothing: agreement is of so many readers.
 *
 * @throws AppError LIDC_XML_MALFORMED (no XML, no series, more than four readers), LIDC_NOT_CT (the reads of radiographs)
 */
export function readLidcXml(xml: string, file: string): LidcRead {
  const root = parseXml(xml, file);
  if (root.name === 'IdriReadMessage') throw new AppError('LIDC_NOT_CT', `${file} holds reads of radiographs, not of CT`, { details: { file } });
  const fault = (problem: string): AppError => new AppError('LIDC_XML_MALFORMED', `${file}: ${problem}`, { details: { file } });
  if (root.name !== 'LidcReadMessage') throw fault(`the element ${root.name.slice(0, 40)} is no LidcReadMessage`);
  const [header] = childrenNamed(root, 'ResponseHeader');
  const seriesInstanceUID = textOf(header, 'SeriesInstanceUid', 'SeriesInstanceUID');
  if (seriesInstanceUID === undefined || !/^[0-9.]{1,64}$/u.test(seriesInstanceUID)) throw fault('the header names no series');
  const sessions = childrenNamed(root, 'readingSession');
  if (sessions.length > mostReaders) throw fault(`${sessions.length} readers; there are at most ${mostReaders}`);
  const problems: LidcProblem[] = [];
  const nodules = sessions.flatMap((session, n) => session.children.flatMap((element): readonly ReaderNodule[] => {
    const found = element.name === 'unblindedReadNodule' || element.name === 'unblindedRead' ? noduleOf(element, n + 1, file, problems)
      : element.name === 'nonNodule' ? nonNoduleOf(element, n + 1, file, problems) : undefined;
    return found ? [found] : [];
  }));
  return { seriesInstanceUID, readers: sessions.length, nodules, problems };
}
