/** Resources of the studies service: their paths, addresses and cache validators (PS3.18 10.1). */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from '@sinclair/typebox';
import { AppError } from '../../errors.ts';
import type { InstanceRecord } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import { identityOf } from '../plugins/authentication.ts';
import { uidSchema } from '../schemas/common.ts';

export const servicePath = '/dicom-web';

export const levels = {
  study: { path: '/studies/:studyInstanceUID', params: Type.Object({ studyInstanceUID: uidSchema }) },
  series: {
    path: '/studies/:studyInstanceUID/series/:seriesInstanceUID',
    params: Type.Object({ studyInstanceUID: uidSchema, seriesInstanceUID: uidSchema }),
  },
  instance: {
    path: '/studies/:studyInstanceUID/series/:seriesInstanceUID/instances/:sopInstanceUID',
    params: Type.Object({ studyInstanceUID: uidSchema, seriesInstanceUID: uidSchema, sopInstanceUID: uidSchema }),
  },
} as const;

export interface ResourceUIDs {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

/** What the client accepts: the query parameter goes before the header, for links (PS3.18 8.3.3.1). */
export function acceptOf(request: FastifyRequest): string | undefined {
  return new URLSearchParams(request.url.split('?', 2)[1] ?? '').get('accept') ?? request.headers.accept;
}

/** Address of the service as the client sees it. */
export function serviceUrl(request: FastifyRequest, publicUrl: string | undefined): string {
  return `${publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`}${servicePath}`;
}

export function resourcePath(uids: ResourceUIDs): string {
  return `/studies/${uids.studyInstanceUID}`
    + (uids.seriesInstanceUID === undefined ? '' : `/series/${uids.seriesInstanceUID}`)
    + (uids.sopInstanceUID === undefined ? '' : `/instances/${uids.sopInstanceUID}`);
}

/** The instances of a resource, never none. Errors: HTTP_NOT_FOUND. */
export async function findInstances(deps: RouteDeps, request: FastifyRequest, uids: ResourceUIDs): Promise<readonly InstanceRecord[]> {
  const records = await deps.view(request).index.instances({
    studyInstanceUID: uids.studyInstanceUID,
    ...(uids.seriesInstanceUID === undefined ? {} : { seriesInstanceUID: uids.seriesInstanceUID }),
    ...(uids.sopInstanceUID === undefined ? {} : { sopInstanceUID: uids.sopInstanceUID }),
  });
  if (records.length === 0) throw new AppError('HTTP_NOT_FOUND', 'There is no such study, series or instance.');
  return records;
}

/** One instance. Errors: HTTP_NOT_FOUND. */
export async function findInstance(deps: RouteDeps, request: FastifyRequest, uids: Required<ResourceUIDs>): Promise<InstanceRecord> {
  return (await findInstances(deps, request, uids))[0]!;
}

/** A validator over the contents and the representation. */
export function entityTag(records: readonly InstanceRecord[], representation: string): string {
  const hash = createHash('sha256').update(representation);
  for (const { sopInstanceUID, sha256 } of records) hash.update(`\n${sopInstanceUID} ${sha256}`);
  return `"${hash.digest('base64url').slice(0, 32)}"`;
}

function matches(header: string | undefined, tag: string): boolean {
  return header !== undefined && (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag));
}

/**
 * Cache headers; true when the client has it already and 304 was set. An instance never changes under its UID, a study
 * or series may grow. Who has logged in is asked again for each: the next one at the same browser may see less, or nothing.
 */
export function notModified(request: FastifyRequest, reply: FastifyReply, tag: string, kind: 'immutable' | 'may-grow'): boolean {
  void reply.headers({
    etag: tag,
    'cache-control': kind === 'immutable' && identityOf(request) === undefined ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    vary: 'Accept, Origin',
  });
  if (!matches(request.headers['if-none-match'], tag)) return false;
  void reply.status(304);
  return true;
}
