/**
 * STOW-RS (PS3.18 10.5). Each instance is durable before it appears in the answer; one that fails does not stop the
 * others. A body that breaks off is an error, yet what was stored before is stored and is reported.
 */
import type { Dataset, DicomElement } from '../dicom/dataset.ts';
import { tag } from '../dicom/tags.ts';
import { AppError, toAppError, type ErrorCode } from '../errors.ts';
import type { StudyService } from '../study/port.ts';
import type { ReceiveContext, ReceiveOutcome } from '../study/types.ts';
import { parseMediaType } from './media-type.ts';
import { parseMultipart } from './multipart.ts';

/** Failure and warning reasons of PS3.18 Annex I.2 (the statuses of PS3.4 B.2.3). */
export const stowReason = {
  /** A700: refused, out of resources. */
  outOfResources: 0xa700,
  /** A900: data set does not match the SOP class, or here: the path. */
  mismatch: 0xa900,
  /** C000: cannot understand. */
  cannotUnderstand: 0xc000,
  /** 0110: processing failure. */
  processingFailure: 0x0110,
  /** 0124: refused, not authorized. */
  notAuthorized: 0x0124,
  /** B000 (warning): kept beside an instance with the same UID and other bytes, which stays current. */
  conflictKept: 0xb000,
} as const;

const reasonOf: Partial<Record<ErrorCode, number>> = {
  ARCHIVE_OUT_OF_SPACE: stowReason.outOfResources,
  DICOM_TOO_LARGE: stowReason.outOfResources,
  DICOM_SOP_MISMATCH: stowReason.mismatch,
  DICOM_NOT_PART10: stowReason.cannotUnderstand,
  DICOM_TRUNCATED: stowReason.cannotUnderstand,
  DICOM_MALFORMED: stowReason.cannotUnderstand,
  DICOM_INVALID_UID: stowReason.cannotUnderstand,
  DICOM_MISSING_ATTRIBUTE: stowReason.cannotUnderstand,
  STUDY_OF_ANOTHER_SITE: stowReason.notAuthorized,
  HTTP_UNSUPPORTED_MEDIA_TYPE: stowReason.cannotUnderstand,
};

export interface StowRequest {
  readonly contentType: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** The study of the path, when there is one: instances of another study fail. */
  readonly studyInstanceUID?: string;
  readonly context: ReceiveContext;
  /** `https://host/dicom-web`, for the retrieve URLs. */
  readonly baseUrl: string;
  readonly maxInstanceBytes: number;
}

export interface StowFailure {
  readonly error: AppError;
  readonly sopClassUID?: string;
  readonly sopInstanceUID?: string;
}

export interface StowResult {
  readonly stored: readonly ReceiveOutcome[];
  readonly failed: readonly StowFailure[];
  /** Set when the body could not be read to its end. */
  readonly broken?: AppError;
  /** 200 all stored, 202 with failures or warnings, 409 none stored (PS3.18 10.5.3). */
  readonly status: 200 | 202 | 409;
  /** The Store Instances Response Module (PS3.18 Annex I). */
  readonly dataset: Dataset;
}

const partTypes = new Set(['application/dicom', 'application/octet-stream']);

async function* limited(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const chunk of body) {
    total += chunk.byteLength;
    if (total > maxBytes) throw new AppError('DICOM_TOO_LARGE', `An instance exceeds ${maxBytes} bytes.`);
    yield chunk;
  }
}

interface Part {
  readonly type: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

async function* partsOf(request: StowRequest): AsyncGenerator<Part, void, undefined> {
  const media = parseMediaType(request.contentType);
  if (media?.type === 'application/dicom') {
    yield { type: media.type, body: request.body };
    return;
  }
  const rootType = media?.parameters['type']?.toLowerCase();
  if (media?.type !== 'multipart/related' || (rootType !== undefined && rootType !== 'application/dicom')) {
    throw new AppError('HTTP_UNSUPPORTED_MEDIA_TYPE',
      'Send multipart/related; type="application/dicom", or one instance as application/dicom.');
  }
  for await (const part of parseMultipart(request.body, media.parameters['boundary'])) {
    yield { type: parseMediaType(part.headers.get('content-type'))?.type ?? rootType, body: part.body };
  }
}

function isBroken(error: AppError): boolean {
  return error.code.startsWith('HTTP_MULTIPART_');
}

/**
 * Stores what the request brings, one instance after the other.
 * Errors: HTTP_UNSUPPORTED_MEDIA_TYPE, and HTTP_MULTIPART_* only when nothing was read; later breaks are in `broken`.
 */
export async function storeInstances(study: StudyService, request: StowRequest): Promise<StowResult> {
  const stored: ReceiveOutcome[] = [];
  const failed: StowFailure[] = [];
  let broken: AppError | undefined;
  const expect = request.studyInstanceUID === undefined ? undefined : { studyInstanceUID: request.studyInstanceUID };
  try {
    for await (const part of partsOf(request)) {
      // Remembered apart: whoever reads the part may wrap the error of a body that breaks off.
      let bodyError: AppError | undefined;
      async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield* limited(part.body, request.maxInstanceBytes);
        } catch (error) {
          bodyError = toAppError(error);
          throw error;
        }
      }
      try {
        if (part.type !== undefined && !partTypes.has(part.type)) {
          throw new AppError('HTTP_UNSUPPORTED_MEDIA_TYPE', 'A part is not application/dicom.');
        }
        stored.push(await study.receive(watched(), request.context, expect));
      } catch (error) {
        const cause = bodyError ?? toAppError(error);
        if (isBroken(cause)) throw cause;
        failed.push(failureOf(cause));
      }
    }
    if (stored.length + failed.length === 0) {
      throw new AppError('HTTP_MULTIPART_MALFORMED', 'The request holds no part.');
    }
  } catch (error) {
    broken = toAppError(error);
    if (broken.code === 'HTTP_UNSUPPORTED_MEDIA_TYPE') throw broken;
    // A connection that was closed by its sender surfaces as a plain stream error.
    if (broken.code === 'INTERNAL') {
      broken = new AppError('HTTP_MULTIPART_TRUNCATED', 'The request ended before its end.', { cause: error });
    }
  }
  return {
    stored, failed,
    ...(broken === undefined ? {} : { broken }),
    status: statusOf(stored, failed),
    dataset: responseDataset(stored, failed, request),
  };
}

function failureOf(error: AppError): StowFailure {
  const { sopClassUID, sopInstanceUID } = error.details;
  return {
    error,
    ...(typeof sopClassUID === 'string' ? { sopClassUID } : {}),
    ...(typeof sopInstanceUID === 'string' ? { sopInstanceUID } : {}),
  };
}

function statusOf(stored: readonly ReceiveOutcome[], failed: readonly StowFailure[]): 200 | 202 | 409 {
  if (stored.length === 0) return 409;
  return failed.length > 0 || stored.some(({ kind }) => kind === 'conflict') ? 202 : 200;
}

const uid = (value: string): DicomElement => ({ vr: 'UI', Value: [value] });
const url = (value: string): DicomElement => ({ vr: 'UR', Value: [value] });
const reason = (value: number): DicomElement => ({ vr: 'US', Value: [value] });
const sequence = (items: readonly Dataset[]): DicomElement => ({ vr: 'SQ', Value: items });

function responseDataset(stored: readonly ReceiveOutcome[], failed: readonly StowFailure[], request: StowRequest): Dataset {
  const dataset: Dataset = {};
  const studies = new Set(stored.map(({ studyInstanceUID }) => studyInstanceUID));
  const onlyStudy = request.studyInstanceUID ?? (studies.size === 1 ? [...studies][0] : undefined);
  if (onlyStudy !== undefined) dataset[tag('RetrieveURL')] = url(`${request.baseUrl}/studies/${onlyStudy}`);
  if (stored.length > 0) {
    dataset[tag('ReferencedSOPSequence')] = sequence(stored.map((outcome) => ({
      [tag('ReferencedSOPClassUID')]: uid(outcome.sopClassUID),
      [tag('ReferencedSOPInstanceUID')]: uid(outcome.sopInstanceUID),
      [tag('RetrieveURL')]: url(`${request.baseUrl}/studies/${outcome.studyInstanceUID}/series/${outcome.seriesInstanceUID}/instances/${outcome.sopInstanceUID}`),
      ...(outcome.kind === 'conflict' ? { [tag('WarningReason')]: reason(stowReason.conflictKept) } : {}),
    })));
  }
  const named: Dataset[] = [];
  const others: Dataset[] = [];
  for (const failure of failed) {
    const why = { [tag('FailureReason')]: reason(reasonOf[failure.error.code] ?? stowReason.processingFailure) };
    if (failure.sopInstanceUID === undefined || failure.sopClassUID === undefined) others.push(why);
    else {
      named.push({
        [tag('ReferencedSOPClassUID')]: uid(failure.sopClassUID),
        [tag('ReferencedSOPInstanceUID')]: uid(failure.sopInstanceUID),
        ...why,
      });
    }
  }
  if (named.length > 0) dataset[tag('FailedSOPSequence')] = sequence(named);
  if (others.length > 0) dataset[tag('OtherFailuresSequence')] = sequence(others);
  return dataset;
}
