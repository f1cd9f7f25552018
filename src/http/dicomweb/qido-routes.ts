/**
 * QIDO-RS. No match is 200 with an empty list rather than 204: the standard allows both, and clients that parse the
 * body without looking at the status fail on 204.
 */
import { Type } from '@sinclair/typebox';
import { text } from '../../dicom/access.ts';
import type { Dataset } from '../../dicom/dataset.ts';
import { toDicomJson } from '../../dicom/json.ts';
import { tag } from '../../dicom/tags.ts';
import { acceptsJson } from '../../dicomweb/negotiate.ts';
import { parseQuery, shapeMatch, type QidoLevel } from '../../dicomweb/qido.ts';
import { AppError } from '../../errors.ts';
import type { QidoQuery } from '../../index/port.ts';
import type { IndexReader } from '../../sites/index-reader.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import { uidSchema } from '../schemas/common.ts';
import type { Http } from '../type-provider.ts';
import { acceptOf, resourcePath, serviceUrl } from './resource.ts';

interface QidoResource {
  readonly url: string;
  readonly level: QidoLevel;
  /** Levels that the path does not fix: their attributes come back too (PS3.18 10.6.3.3). */
  readonly above: readonly QidoLevel[];
}

const resources: readonly QidoResource[] = [
  { url: '/studies', level: 'study', above: [] },
  { url: '/series', level: 'series', above: ['study'] },
  { url: '/instances', level: 'instance', above: ['study', 'series'] },
  { url: '/studies/:studyInstanceUID/series', level: 'series', above: [] },
  { url: '/studies/:studyInstanceUID/instances', level: 'instance', above: ['series'] },
  { url: '/studies/:studyInstanceUID/series/:seriesInstanceUID/instances', level: 'instance', above: [] },
];

const params = Type.Object({ studyInstanceUID: Type.Optional(uidSchema), seriesInstanceUID: Type.Optional(uidSchema) });

function retrievePath(match: Dataset, level: QidoLevel): string {
  const studyInstanceUID = text(match, 'StudyInstanceUID') ?? '';
  const seriesInstanceUID = level === 'study' ? undefined : text(match, 'SeriesInstanceUID');
  const sopInstanceUID = level === 'instance' ? text(match, 'SOPInstanceUID') : undefined;
  return resourcePath({
    studyInstanceUID,
    ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }),
    ...(sopInstanceUID === undefined ? {} : { sopInstanceUID }),
  });
}

export function registerQido(app: Http, deps: RouteDeps, limits: HttpLimits): void {
  const search: Readonly<Record<QidoLevel, (index: IndexReader, query: QidoQuery) => Promise<readonly Dataset[]>>> = {
    study: async (index, query) => index.queryStudies(query),
    series: async (index, query) => index.querySeries(query),
    instance: async (index, query) => index.queryInstances(query),
  };

  for (const { url, level, above } of resources) {
    app.get(url, { schema: { params } }, async (request, reply) => {
      if (!acceptsJson(acceptOf(request))) throw new AppError('HTTP_NOT_ACCEPTABLE', 'The answer is application/dicom+json.');
      const { studyInstanceUID, seriesInstanceUID } = request.params;
      const parsed = parseQuery(new URLSearchParams(request.url.split('?', 2)[1] ?? ''), {
        ...(studyInstanceUID === undefined ? {} : { [tag('StudyInstanceUID')]: studyInstanceUID }),
        ...(seriesInstanceUID === undefined ? {} : { [tag('SeriesInstanceUID')]: seriesInstanceUID }),
      }, limits.maxQidoResults);
      // One more than asked for tells whether there is more.
      const found = parsed.query.limit === 0 ? [] : await search[level](deps.view(request).index, { ...parsed.query, limit: parsed.query.limit + 1 });
      if (found.length > parsed.query.limit) {
        void reply.header('warning', `299 ${request.host} "There are additional results that can be requested"`);
      }
      const base = serviceUrl(request, deps.config.publicUrl);
      const matches = found.slice(0, parsed.query.limit).map((match) =>
        toDicomJson(shapeMatch(match, level, above, parsed.include, base + retrievePath(match, level))));
      return reply.header('content-type', 'application/dicom+json').header('cache-control', 'no-store').send(Buffer.from(JSON.stringify(matches)));
    });
  }
}
