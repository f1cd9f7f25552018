/** What the objects of a reference annotation are made from: nodules that people marked on a series, and who they were. */
import { createHash } from 'node:crypto';
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { uidFromName } from '../dicom/uid.ts';
import { findingsSchemaVersion, type NoduleType } from '../findings/types.ts';
import { identify, type ResultIdentity } from '../results/identity.ts';
import type { ResultInput } from '../results/input.ts';
import type { MaskBox, Vec3 } from '../volume/types.ts';
import type { SeriesGrid } from './series-grid.ts';
import type { Characteristics } from './types.ts';

/** The equipment that these objects name: they are of no analysis, and the service must not take them for its own results. */
export const referenceModelName = 'Phoi reference annotation';

export interface TruthNodule {
  readonly mask: MaskBox;
  /** At most 64 characters. */
  readonly description: string;
  /** LPS mm. */
  readonly worldPoint: Vec3;
  readonly diameterMm: number;
  /** `ball-of-volume`: of the ball that has the volume of the outlined voxels; `stated`: as the annotation has it. */
  readonly diameterFrom: 'ball-of-volume' | 'stated';
  /** Of the voxels that were outlined; absent where the mask is a drawn ball. */
  readonly volumeMm3?: number;
  readonly type?: NoduleType;
  /** How sure the annotation says it is, in its words. */
  readonly confidence?: string;
  readonly agreement?: {
    /** Readers who outlined it, readers who marked it in any way, and all who read the series. */
    readonly outlined: number;
    readonly marked: number;
    readonly readers: number;
    /** Medians of the readers. */
    readonly ratings: Characteristics;
  };
}

export interface TruthSource {
  readonly seriesInstanceUID: string;
  readonly grid: SeriesGrid;
  /** Header of one of its images. */
  readonly header: Dataset;
  readonly softwareVersion: string;
  /** Whose truth it is, e.g. "LIDC-IDRI readers": creator of the segmentation and observer of the report. At most 64 characters. */
  readonly creator: string;
  /** Lesions that were marked and have no outline: they are in no measurement group, and are told of. */
  readonly withoutOutline: number;
}

/** A nodule with the names under which segment and measurement group are one. */
export interface TrackedNodule extends TruthNodule {
  readonly trackingIdentifier: string;
  readonly trackingUID: string;
}

export interface Truth {
  readonly source: TruthSource;
  readonly nodules: readonly TrackedNodule[];
  /** As the modules of results take it; its findings document is empty: nothing here is a finding of a model. */
  readonly input: ResultInput;
  readonly identity: ResultIdentity;
}

/**
 * The moment of the study, in the time that its images count in: annotations have none of their own, and the same
 * annotation of the same images has to give the same bytes whenever it is converted.
 */
function studyMoment(header: Dataset): Date {
  const date = /^(\d{4})(\d{2})(\d{2})$/u.exec(text(header, 'StudyDate') ?? '');
  if (date === null) return new Date(0);
  const [hours = 0, minutes = 0, seconds = 0] = (/^(\d{2})(\d{2})?(\d{2})?/u.exec(text(header, 'StudyTime') ?? '') ?? []).slice(1).map((part: string | undefined) => Number(part ?? 0));
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  const offset = /^([+-])(\d{2})(\d{2})$/u.exec(text(header, 'TimezoneOffsetFromUTC') ?? '');
  const moment = offset === null ? new Date(year, month - 1, day, hours, minutes, seconds)
    : new Date(Date.UTC(year, month - 1, day, hours, minutes, seconds) - (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000);
  return Number.isNaN(moment.getTime()) ? new Date(0) : moment;
}

export function truthOf(source: TruthSource, nodules: readonly TruthNodule[]): Truth {
  const { seriesInstanceUID, grid, header, softwareVersion, creator } = source;
  const tracked = nodules.map((nodule, n): TrackedNodule => ({
    ...nodule, trackingIdentifier: `Reference ${n + 1}`, trackingUID: uidFromName(`reference ${seriesInstanceUID} ${n} ${nodule.description}`),
  }));
  // What the report tells beside the masks goes into the UIDs, by way of the hash of the input.
  const told = tracked.map((nodule) => ({ ...nodule, mask: undefined }));
  const input: ResultInput = {
    findings: {
      schemaVersion: findingsSchemaVersion, studyInstanceUID: text(header, 'StudyInstanceUID') ?? '', seriesInstanceUID, status: 'analysed', warnings: [], seriesAssessments: [],
      model: { id: 'reference annotation', version: '-', sha256: '', name: creator }, operatingPoint: 0, findings: [], quality: {}, timingsMs: {},
      inputHash: createHash('sha256').update(JSON.stringify([creator, source.withoutOutline, told])).digest('hex'),
    },
    volume: { geometry: grid.geometry, slices: grid.slices }, masks: nodules.map(({ mask }) => mask),
    sourceHeaders: { header, references: grid.slices.filter(({ sopInstanceUID }) => sopInstanceUID !== '') }, softwareVersion, createdAt: studyMoment(header),
  };
  return { source, nodules: tracked, input, identity: identify(input) };
}
