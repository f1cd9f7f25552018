/** GET on study, series and instance: whole instances, as stored or as Explicit VR Little Endian (PS3.18 10.4). */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { DecodePool } from '../../dicomweb/decode-pool.ts';
import { writeMultipart, type OutgoingPart } from '../../dicomweb/multipart.ts';
import { negotiateInstances, type SyntaxChoice } from '../../dicomweb/negotiate.ts';
import { explicitVRLittleEndian } from '../../dicom/transfer-syntax.ts';
import type { InstanceRecord } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import type { Http } from '../type-provider.ts';
import { acceptOf, entityTag, findInstances, levels, notModified, resourcePath, serviceUrl } from './resource.ts';

const chunkBytes = 256 * 1024;

export function registerRetrieve(app: Http, deps: RouteDeps, pool: DecodePool): void {
  async function instanceBody(record: InstanceRecord, syntax: SyntaxChoice): Promise<AsyncIterable<Uint8Array> | Uint8Array> {
    if (syntax === 'explicit' && record.transferSyntaxUID !== explicitVRLittleEndian) {
      return pool.run<'transcode'>({ kind: 'transcode', path: deps.archive.path(record.blobKey) });
    }
    return await deps.archive.stream(record.blobKey) as AsyncIterable<Uint8Array> & NodeJS.ReadableStream;
  }

  async function partOf(record: InstanceRecord, syntax: SyntaxChoice, base: string): Promise<OutgoingPart> {
    const transferSyntaxUID = syntax === 'explicit' ? explicitVRLittleEndian : record.transferSyntaxUID;
    return {
      headers: {
        'Content-Type': `application/dicom; transfer-syntax=${transferSyntaxUID}`,
        'Content-Location': base + resourcePath(record),
      },
      body: await instanceBody(record, syntax),
    };
  }

  /** One image of many that cannot be decoded goes out as it is stored, declared as such: better than none of them. */
  async function* partsOf(records: readonly InstanceRecord[], syntax: SyntaxChoice, base: string, log: FastifyBaseLogger): AsyncGenerator<OutgoingPart, void, undefined> {
    for (const record of records) {
      try {
        yield await partOf(record, syntax, base);
      } catch (error) {
        if (syntax === 'stored') throw error;
        log.warn({ err: error, sopInstanceUID: record.sopInstanceUID }, 'instance sent as stored, since it cannot be decoded');
        yield partOf(record, 'stored', base);
      }
    }
  }

  for (const [level, { path, params }] of Object.entries(levels)) {
    app.get(path, { schema: { params } }, async (request, reply) => {
      const records = await findInstances(deps, request, request.params);
      const representation = negotiateInstances(acceptOf(request), [...new Set(records.map(({ transferSyntaxUID }) => transferSyntaxUID))], level === 'instance');
      const tag = entityTag(records, `${representation.multipart} ${representation.syntax}`);
      if (notModified(request, reply, tag, level === 'instance' ? 'immutable' : 'may-grow')) return reply.send();
      const base = serviceUrl(request, deps.config.publicUrl);
      if (!representation.multipart) {
        const record = records[0]!;
        const body = await instanceBody(record, representation.syntax);
        return reply.type('application/dicom').header('content-location', base + resourcePath(record))
          .send(body instanceof Uint8Array ? body : Readable.from(body, { objectMode: false }));
      }
      const boundary = `phoi-${randomUUID()}`;
      // A single instance is prepared before the answer begins, so that a failure is an error with its code.
      const parts = records.length === 1
        ? [await partOf(records[0]!, representation.syntax, base)] : partsOf(records, representation.syntax, base, request.log);
      const body = Readable.from(writeMultipart(parts, boundary), { objectMode: false, highWaterMark: chunkBytes });
      // After the first byte an error can only cut the answer short: without its last boundary no client takes it for whole.
      body.on('error', (error) => request.log.error({ err: error }, 'retrieval broke off'));
      return reply.type(`multipart/related; type="application/dicom"; boundary=${boundary}`).send(body);
    });
  }
}
