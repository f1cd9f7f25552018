/** What a summary says, in one language, whatever draws it: picture or document. */
import { number, personName, text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Keyword } from '../dicom/tags.ts';
import { noteText, statesVolume } from '../findings/notes.ts';
import type { Finding } from '../findings/types.ts';
import { manufacturer, momentFor } from './common-modules.ts';
import { conclusionLines } from './conclusion-text.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput } from './input.ts';
import type { ResultLanguage } from './options.ts';
import { disclaimer, percent, placeText, typeTexts, type BothLanguages } from './summary-text.ts';
import { foundDetail, foundText, imagesText, picturesText, sexText, solidPart, words } from './summary-words.ts';
import { isPrintable } from './typeface.ts';

export interface Labelled {
  readonly label: string;
  readonly value: string;
}

export interface SummaryRow {
  readonly cells: readonly string[];
  /** What limits the measurements of this finding. */
  readonly notes: readonly string[];
}

export interface SummaryContent {
  readonly language: ResultLanguage;
  readonly title: string;
  readonly banner: string;
  readonly bannerDetail: string;
  readonly identification: readonly Labelled[];
  readonly tone: 'found' | 'none' | 'refused';
  readonly headline: string;
  readonly detail: readonly string[];
  /** Present when there are findings. */
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly SummaryRow[] };
  readonly conclusions: readonly string[];
  readonly limitations: readonly string[];
  readonly technical: readonly Labelled[];
  readonly disclaimer: string;
}

/** A name as people write it, from the first of its groups that can be printed (PS3.5 6.2.1), or from the first of all. */
function personText(header: Dataset): string | undefined {
  const name = personName(header, 'PatientName');
  const spoken = [name?.Alphabetic, name?.Ideographic, name?.Phonetic].map((group) => (group ?? '').replace(/[\^ ]+/gu, ' ').trim()).filter((group) => group !== '');
  return spoken.find(isPrintable) ?? spoken[0];
}

/** A DICOM date as the language writes it; what is no date stays as it is. */
export function dateText(date: string | undefined, language: ResultLanguage): string | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})$/u.exec(date ?? '');
  if (parts === null) return date;
  const [, year = '', month = '', day = ''] = parts;
  return language === 'vi' ? `${day}/${month}/${year}` : `${year}-${month}-${day}`;
}

function timeText(time: string | undefined): string | undefined {
  const parts = /^(\d{2})(\d{2})/u.exec(time ?? '');
  return parts === null ? time : `${parts[1] ?? ''}:${parts[2] ?? ''}`;
}

/** The header's value where it says anything. */
function said(header: Dataset, keyword: Keyword): string | undefined {
  const value = text(header, keyword)?.trim();
  return value === '' ? undefined : value;
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const present = parts.filter((part) => part !== undefined && part !== '');
  return present.length === 0 ? undefined : present.join(', ');
}

/** Letters that the font lacks would be boxes, which look as if they said something. */
function printed(value: string | undefined, say: (both: BothLanguages) => string, otherwise: BothLanguages = words.notPrintable): string {
  if (value === undefined) return say(words.empty);
  return isPrintable(value) ? value : say(otherwise);
}

/** Number of the image on which the finding was measured: of the instance, or of the frame. */
function imageNumber(input: ResultInput, finding: Finding): string {
  if (finding.sliceFrameNumber !== undefined) return String(finding.sliceFrameNumber);
  const reference = input.sourceHeaders.references.find(({ sopInstanceUID }) => sopInstanceUID === finding.sliceInstanceUID);
  return reference?.instanceNumber === undefined ? '–' : String(reference.instanceNumber);
}

function row(input: ResultInput, finding: Finding, say: (both: BothLanguages) => string): SummaryRow {
  const solid = finding.solidDiameterMm === undefined ? undefined : say(solidPart(finding.solidDiameterMm.toFixed(1)));
  return {
    cells: [
      finding.trackingIdentifier, say(placeText(finding)), joined(say(typeTexts[finding.type]), solid) ?? '',
      `${finding.diameterMm.toFixed(1)} (${finding.longAxisMm.toFixed(1)} × ${finding.shortAxisMm.toFixed(1)})`,
      statesVolume(finding) ? String(Math.round(finding.volumeMm3)) : say(words.notStated), percent(finding.probability), imageNumber(input, finding),
    ],
    notes: (finding.notes ?? []).map((note) => say(noteText(note))),
  };
}

function seriesText(input: ResultInput, header: Dataset, say: (both: BothLanguages) => string): string | undefined {
  if (input.findings.status !== 'analysed') return undefined;
  const seriesNumber = number(header, 'SeriesNumber');
  const description = said(header, 'SeriesDescription');
  return joined(seriesNumber === undefined ? undefined : `${seriesNumber}`, description === undefined ? undefined : printed(description, say), say(imagesText(input.volume?.slices.filter(({ interpolated }) => interpolated !== true).length ?? 0)));
}

function identification(input: ResultInput, language: ResultLanguage, say: (both: BothLanguages) => string): readonly Labelled[] {
  const { header } = input.sourceHeaders;
  const series = seriesText(input, header, say);
  const sex = sexText(said(header, 'PatientSex'));
  return [
    { label: say(words.patient), value: printed(personText(header), say, words.nameNotPrintable) },
    { label: say(words.patientID), value: printed(said(header, 'PatientID'), say) },
    { label: say(words.birthDate), value: printed(dateText(said(header, 'PatientBirthDate'), language), say) },
    { label: say(words.sex), value: printed(sex === undefined ? undefined : say(sex), say) },
    { label: say(words.studyDate), value: printed(joined(dateText(said(header, 'StudyDate'), language), timeText(said(header, 'StudyTime'))), say) },
    { label: say(words.accession), value: printed(said(header, 'AccessionNumber'), say) },
    { label: say(words.study), value: printed(said(header, 'StudyDescription'), say) },
    ...(series === undefined ? [] : [{ label: say(words.series), value: series }]),
  ];
}

function headline(input: ResultInput, say: (both: BothLanguages) => string): Pick<SummaryContent, 'tone' | 'headline' | 'detail'> {
  const { status, reason, findings, operatingPoint } = input.findings;
  if (status === 'not-analysed') {
    return { tone: 'refused', headline: say(words.refused), detail: [say(reason?.text ?? words.unknownReason), say(words.refusedDetail)] };
  }
  if (findings.length === 0) return { tone: 'none', headline: say(words.none), detail: [say(words.noneDetail)] };
  return { tone: 'found', headline: say(foundText(findings.length)), detail: [say(foundDetail(percent(operatingPoint)))] };
}

function technical(input: ResultInput, identity: ResultIdentity, language: ResultLanguage, say: (both: BothLanguages) => string): readonly Labelled[] {
  const { model, operatingPoint } = input.findings;
  const created = momentFor(input.sourceHeaders.header, identity.createdAt);
  return [
    { label: say(words.model), value: `${printed(model.name, say)}, ${model.id} ${model.version}, SHA-256 ${model.sha256.slice(0, 16)}` },
    { label: say(words.threshold), value: percent(operatingPoint) },
    { label: say(words.software), value: `${manufacturer} ${input.softwareVersion}` },
    { label: say(words.created), value: joined(dateText(created.date, language), timeText(created.time)) ?? '' },
  ];
}

/** @param pictures how many findings have a key image beside the summary; undefined where there are no pictures at all */
export function summaryContent(input: ResultInput, identity: ResultIdentity, language: ResultLanguage, pictures?: number): SummaryContent {
  const say = (both: BothLanguages): string => both[language];
  const { findings, warnings } = input.findings;
  const columns = [words.nodule, words.place, words.type, words.diameter, words.volume, words.score, words.image].map(say);
  const some = pictures !== undefined && pictures < findings.length;
  return {
    language, title: say(words.title), banner: say(words.banner), bannerDetail: say(words.bannerDetail),
    identification: identification(input, language, say),
    ...headline(input, say),
    ...(findings.length === 0 ? {} : { table: { columns, rows: findings.map((finding) => row(input, finding, say)) } }),
    conclusions: input.conclusions === undefined ? [] : conclusionLines(input.conclusions, findings.map(({ trackingIdentifier }) => trackingIdentifier)).map(say),
    limitations: [...warnings.map((warning) => say(warning.text)), ...(some ? [say(picturesText(pictures, findings.length))] : [])],
    technical: technical(input, identity, language, say),
    disclaimer: say(disclaimer),
  };
}
