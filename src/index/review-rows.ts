/** Rows of the readings as the records of src/review/store.ts. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { MeasuredFinding, ReviewEvent, SignedObject, Signing, StoredReview } from '../review/store.ts';
import type { Reader, ReviewDraft, ReviewLock, SignedReview } from '../review/types.ts';
import { bytesColumn, jsonColumn, numberColumn, optionalNumber, optionalText, textColumn, type Row } from './rows.ts';

export function storedReviewOf(row: Row): StoredReview {
  const analysisVersion = optionalNumber(row, 'analysis_version');
  const compareWith = optionalText(row, 'compare_with');
  const lungRads = optionalText(row, 'lung_rads');
  return {
    studyInstanceUID: textColumn(row, 'study_uid'),
    revision: numberColumn(row, 'revision'),
    state: textColumn(row, 'state') as StoredReview['state'],
    draft: jsonColumn(row, 'draft') as ReviewDraft,
    ...(analysisVersion === undefined ? {} : { analysisVersion }),
    newerAnalysis: numberColumn(row, 'newer_analysis') === 1,
    ...(compareWith === undefined ? {} : { compareWith }),
    ...(lungRads === undefined ? {} : { lungRads }),
    updatedAt: textColumn(row, 'updated_at'),
  };
}

export function lockOf(row: Row): ReviewLock {
  return {
    reader: { id: textColumn(row, 'reader_id'), name: textColumn(row, 'reader_name') },
    since: textColumn(row, 'since'),
    expiresAt: textColumn(row, 'expires_at'),
  };
}

type Mask = NonNullable<MeasuredFinding['mask']>;
type Box = Pick<Mask, 'start' | 'size'>;

export function packMask(mask: Mask | undefined): readonly [box: string | null, data: Uint8Array | null] {
  if (mask === undefined) return [null, null];
  return [JSON.stringify({ start: mask.start, size: mask.size } satisfies Box), deflateRawSync(mask.data)];
}

export function measuredOf(row: Row): MeasuredFinding {
  const box = optionalText(row, 'mask_box');
  const seriesInstanceUID = optionalText(row, 'series_uid');
  return {
    finding: jsonColumn(row, 'finding') as MeasuredFinding['finding'],
    ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }),
    ...(box === undefined ? {} : { mask: { ...(JSON.parse(box) as Box), data: new Uint8Array(inflateRawSync(bytesColumn(row, 'mask'))) } }),
  };
}

type PackedSigning = Omit<Signing, 'objects'> & { readonly objects: readonly (Omit<SignedObject, 'part10'> & { readonly data: string })[] };

/** The objects deflated and in base64. */
export function packSigning(signing: Signing): string {
  const objects = signing.objects.map(({ part10, ...object }) => ({ ...object, data: deflateRawSync(part10).toString('base64') }));
  return JSON.stringify({ ...signing, objects } satisfies PackedSigning);
}

export function signingOf(row: Row): Signing {
  const packed = jsonColumn(row, 'signing') as PackedSigning;
  return { ...packed, objects: packed.objects.map(({ data, ...object }) => ({ ...object, part10: new Uint8Array(inflateRawSync(Buffer.from(data, 'base64'))) })) };
}


export const signedReviewOf = (row: Row): SignedReview => jsonColumn(row, 'review') as SignedReview;

export function reviewEventOf(row: Row): ReviewEvent {
  const from = optionalText(row, 'from_reader');
  return {
    kind: textColumn(row, 'kind') as ReviewEvent['kind'],
    reader: { id: textColumn(row, 'reader_id'), name: textColumn(row, 'reader_name') },
    ...(from === undefined ? {} : { from: JSON.parse(from) as Reader }),
    at: textColumn(row, 'at'),
  };
}
