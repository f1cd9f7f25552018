/** GET …/metadata on study, series and instance. */
import { Readable } from 'node:stream';
import { acceptsJson } from '../../dicomweb/negotiate.ts';
import { instanceMetadata } from '../../dicomweb/metadata.ts';
import { AppError } from '../../errors.ts';
import type { InstanceRecord } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import type { Http } from '../type-provider.ts';
import { acceptOf, entityTag, findInstances, levels, notModified, resourcePath, serviceUrl } from './resource.ts';

/** Instances turned into text at a time; in between, other requests get their turn. */
const batch = 50;

async function* jsonArray(records: readonly InstanceRecord[], base: string): AsyncGenerator<string, void, undefined> {
  yield '[';
  for (let at = 0; at < records.length; at += batch) {
    const lines = records.slice(at, at + batch).map((record) => JSON.stringify(instanceMetadata(record, base + resourcePath(record))));
    yield `${at === 0 ? '' : ','}${lines.join(',')}`;
  }
  yield ']';
}

export function registerMetadata(app: Http, deps: RouteDeps): void {
  for (const [level, { path, params }] of Object.entries(levels)) {
    app.get(`${path}/metadata`, { schema: { params } }, async (request, reply) => {
      if (!acceptsJson(acceptOf(request))) throw new AppError('HTTP_NOT_ACCEPTABLE', 'Metadata is application/dicom+json.');
      const records = await findInstances(deps, request, request.params);
      const base = serviceUrl(request, deps.config.publicUrl);
      if (notModified(request, reply, entityTag(records, `metadata ${base}`), level === 'instance' ? 'immutable' : 'may-grow')) return reply.send();
      return reply.header('content-type', 'application/dicom+json').send(Readable.from(jsonArray(records, base), { objectMode: false }));
    });
  }
}
