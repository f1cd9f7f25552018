/** Small pictures of findings. They hold pixels and an outline, no text of a patient. */
import { Type } from '@sinclair/typebox';
import { createByteCache } from '../../dicomweb/lru-cache.ts';
import type { DecodePool } from '../../dicomweb/decode-pool.ts';
import { AppError } from '../../errors.ts';
import type { RouteDeps } from '../deps.ts';
import { entityTag, notModified } from '../dicomweb/resource.ts';
import { drawThumbnail, keyOutline, thumbnailWindow } from '../finding-thumbnail.ts';
import { studyParams } from '../schemas/common.ts';
import type { Http } from '../type-provider.ts';

const cacheBytes = 32 * 1024 * 1024;
const query = Type.Object({ finding: Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'Place in the list of findings, from 1: the most probable' }) });

export function registerThumbnailRoutes(app: Http, deps: RouteDeps, pool: DecodePool): void {
  const cache = createByteCache(cacheBytes);

  app.get('/studies/:studyInstanceUID/thumbnail', {
    schema: { tags: ['studies'], summary: 'A finding as a small PNG, with its outline where it has one', params: studyParams, querystring: query },
  }, async (request, reply) => {
    const { index } = deps.view(request);
    const study = await index.study(request.params.studyInstanceUID);
    if (study === undefined) throw new AppError('STUDY_NOT_FOUND', 'There is no study with this UID.');
    const finding = study.analysis?.findings.findings[request.query.finding - 1];
    const outline = finding === undefined ? undefined : keyOutline(finding);
    const record = finding === undefined ? undefined : await index.instance(finding.sliceInstanceUID);
    if (finding === undefined || record?.studyInstanceUID !== study.studyInstanceUID) {
      throw new AppError('HTTP_NOT_FOUND', 'There is no such finding on an image of the study.');
    }
    const tag = entityTag([record], `finding ${JSON.stringify([finding.longAxisMm, finding.worldPoint, finding.sliceFrameNumber, outline])}`);
    if (notModified(request, reply, tag, 'may-grow')) return reply.send();
    const kept = cache.get(tag);
    if (kept !== undefined) return reply.type('image/png').send(kept);
    const frame = await pool.run<'render'>({ kind: 'render', path: deps.archive.path(record.blobKey), frameIndex: (finding.sliceFrameNumber ?? 1) - 1, window: thumbnailWindow });
    const png = await drawThumbnail(frame, record.header, finding, outline);
    if (png === undefined) throw new AppError('HTTP_NOT_FOUND', 'The image does not say where the finding lies.');
    cache.set(tag, png);
    return reply.type('image/png').send(png);
  });
}
