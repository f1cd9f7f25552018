/** GET …/frames/{list} and …/bulkdata/{path} of an instance (PS3.18 10.4.1.1.6, 10.4.1.1.5). */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import { frameCount } from '../../dicom/pixels.ts';
import { explicitVRLittleEndian } from '../../dicom/transfer-syntax.ts';
import type { DecodePool } from '../../dicomweb/decode-pool.ts';
import type { Frames } from '../../dicomweb/frames.ts';
import { hasPixels } from '../../dicomweb/metadata.ts';
import { writeMultipart, type OutgoingPart } from '../../dicomweb/multipart.ts';
import { negotiateFrames } from '../../dicomweb/negotiate.ts';
import { AppError } from '../../errors.ts';
import type { InstanceRecord } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import type { Http } from '../type-provider.ts';
import { acceptOf, entityTag, findInstance, levels, notModified, resourcePath, serviceUrl } from './resource.ts';

const framesPerRequest = 2000;

const frameParams = Type.Object({
  ...levels.instance.params.properties,
  frames: Type.String({ pattern: '^[1-9][0-9]{0,6}(?:,[1-9][0-9]{0,6})*$', maxLength: 16_000 }),
});

const bulkParams = Type.Object({
  ...levels.instance.params.properties,
  elementPath: Type.String({ pattern: '^[0-9A-Fa-f]{8}(?:[.][0-9]{1,6}[.][0-9A-Fa-f]{8})*$', maxLength: 400 }),
});

/** Frame numbers from 1 that the instance has. Errors: HTTP_NOT_FOUND, HTTP_BAD_REQUEST. */
export function checkedFrames(record: InstanceRecord, list: string): readonly number[] {
  if (!hasPixels(record.header)) throw new AppError('HTTP_NOT_FOUND', 'The instance has no pixel data.');
  const numbers = list.split(',').map(Number);
  if (numbers.length > framesPerRequest) throw new AppError('HTTP_BAD_REQUEST', `At most ${framesPerRequest} frames at a time.`);
  const count = frameCount(record.header);
  if (numbers.some((number) => number > count)) throw new AppError('HTTP_NOT_FOUND', `The instance has ${count} frames.`);
  return numbers;
}

export function registerFrames(app: Http, deps: RouteDeps, pool: DecodePool, frames: Frames): void {
  app.get(`${levels.instance.path}/frames/:frames`, { schema: { params: frameParams } }, async (request, reply) => {
    const record = await findInstance(deps, request, request.params);
    const numbers = checkedFrames(record, request.params.frames);
    const { multipart, syntax, mediaType } = negotiateFrames(acceptOf(request), record.transferSyntaxUID, numbers.length);
    const stored = syntax === 'stored';
    const tag = entityTag([record], `frames ${numbers.join()} ${multipart} ${syntax} ${mediaType}`);
    if (notModified(request, reply, tag, 'immutable')) return reply.send();
    const partType = `${mediaType}; transfer-syntax=${stored ? record.transferSyntaxUID : explicitVRLittleEndian}`;
    const location = `${serviceUrl(request, deps.config.publicUrl)}${resourcePath(record)}/frames`;
    // The first frame is there before the answer begins, so that what cannot be decoded is an error with its code.
    const first = await frames.frame(record, numbers[0]!, stored);
    if (!multipart) return reply.type(partType).header('content-location', `${location}/${numbers[0]!}`).send(first);

    async function* parts(): AsyncGenerator<OutgoingPart, void, undefined> {
      for (const [index, number] of numbers.entries()) {
        yield {
          headers: { 'Content-Type': partType, 'Content-Location': `${location}/${number}` },
          body: index === 0 ? first : await frames.frame(record, number, stored),
        };
      }
    }
    const boundary = `phoi-${randomUUID()}`;
    void reply.type(`multipart/related; type="${mediaType}"; boundary=${boundary}`);
    const bytes = writeMultipart(parts(), boundary);
    // One frame is at hand as a whole: then it goes out as such, with its length.
    if (numbers.length === 1) {
      const pieces: Uint8Array[] = [];
      for await (const piece of bytes) pieces.push(piece);
      return reply.send(Buffer.concat(pieces));
    }
    const body = Readable.from(bytes, { objectMode: false });
    body.on('error', (error) => request.log.error({ err: error }, 'frames broke off'));
    return reply.send(body);
  });

  app.get(`${levels.instance.path}/bulkdata/:elementPath`, { schema: { params: bulkParams } }, async (request, reply) => {
    const record = await findInstance(deps, request, request.params);
    const elementPath = request.params.elementPath.toUpperCase().split('.');
    const isPixelData = elementPath.length === 1 && elementPath[0] === '7FE00010';
    // Pixel data is given decoded, frame by frame, like `frames`.
    const numbers = isPixelData ? Array.from({ length: frameCount(record.header) }, (_, index) => index + 1) : [];
    if (isPixelData && !hasPixels(record.header)) throw new AppError('HTTP_NOT_FOUND', 'The instance has no pixel data.');
    const { multipart } = negotiateFrames(acceptOf(request), explicitVRLittleEndian, 1);
    if (notModified(request, reply, entityTag([record], `bulk ${elementPath.join()} ${multipart}`), 'immutable')) return reply.send();

    async function* value(): AsyncGenerator<Uint8Array, void, undefined> {
      for (const number of numbers) yield await frames.frame(record, number, false);
    }
    const bytes = isPixelData ? value() : await pool.run<'bulk'>({ kind: 'bulk', path: deps.archive.path(record.blobKey), elementPath });
    const contentType = `application/octet-stream; transfer-syntax=${explicitVRLittleEndian}`;
    const location = `${serviceUrl(request, deps.config.publicUrl)}${resourcePath(record)}/bulkdata/${elementPath.join('.')}`;
    if (!multipart) {
      return reply.type(contentType).header('content-location', location)
        .send(bytes instanceof Uint8Array ? bytes : Readable.from(bytes, { objectMode: false }));
    }
    const boundary = `phoi-${randomUUID()}`;
    const body = Readable.from(writeMultipart([{ headers: { 'Content-Type': contentType, 'Content-Location': location }, body: bytes }], boundary), { objectMode: false });
    body.on('error', (error) => request.log.error({ err: error }, 'bulk data broke off'));
    return reply.type(`multipart/related; type="application/octet-stream"; boundary=${boundary}`).send(body);
  });
}
