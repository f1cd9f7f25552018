/** …/rendered and …/thumbnail as JPEG or PNG (PS3.18 10.4.1.1.3 and 10.4.1.1.4). */
import { Type } from '@sinclair/typebox';
import sharp from 'sharp';
import { number } from '../../dicom/access.ts';
import { frameCount } from '../../dicom/pixels.ts';
import type { DecodePool } from '../../dicomweb/decode-pool.ts';
import { hasPixels } from '../../dicomweb/metadata.ts';
import { negotiateRendered, type RenderedType } from '../../dicomweb/negotiate.ts';
import { parseViewport, type Viewport } from '../../dicomweb/viewport.ts';
import { parseWindow, type RenderedFrame, type Window } from '../../dicomweb/window.ts';
import { AppError } from '../../errors.ts';
import type { InstanceRecord } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import type { Http } from '../type-provider.ts';
import { checkedFrames } from './frame-routes.ts';
import { acceptOf, entityTag, findInstance, findInstances, levels, notModified } from './resource.ts';

const thumbnailSide = 128;
const defaultQuality = 90;

const renderQuery = Type.Object({
  window: Type.Optional(Type.String({ maxLength: 100 })),
  viewport: Type.Optional(Type.String({ maxLength: 100 })),
  quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
});

const frameParams = Type.Object({
  ...levels.instance.params.properties,
  frames: Type.String({ pattern: '^[1-9][0-9]{0,6}$' }),
});

interface Wanted {
  readonly type: RenderedType;
  readonly window?: Window;
  readonly viewport?: Viewport;
  readonly quality: number;
}

async function encode(frame: RenderedFrame, wanted: Wanted): Promise<Buffer> {
  let image = sharp(frame.pixels, { raw: { width: frame.columns, height: frame.rows, channels: frame.channels } });
  const { viewport } = wanted;
  if (viewport !== undefined) {
    const source = viewport.source ?? { left: 0, top: 0, width: frame.columns, height: frame.rows };
    const width = Math.min(source.width, frame.columns - source.left);
    const height = Math.min(source.height, frame.rows - source.top);
    if (width < 1 || height < 1) throw new AppError('HTTP_BAD_REQUEST', 'The viewport lies outside the image.');
    image = image.extract({ left: source.left, top: source.top, width, height })
      .resize({ width: viewport.width, height: viewport.height, fit: 'inside' });
    if (source.flipHorizontally === true) image = image.flop();
    if (source.flipVertically === true) image = image.flip();
  }
  return wanted.type === 'image/png' ? image.png().toBuffer() : image.jpeg({ quality: wanted.quality }).toBuffer();
}

/** The instance in the middle of the pile: for a chest it shows lungs rather than shoulders. */
function middle(records: readonly InstanceRecord[]): InstanceRecord {
  const images = records.filter(({ header, own }) => !own && hasPixels(header));
  const sorted = (images.length > 0 ? images : records.filter(({ header }) => hasPixels(header)))
    .toSorted((a, b) => (number(a.header, 'InstanceNumber') ?? 0) - (number(b.header, 'InstanceNumber') ?? 0));
  const found = sorted[sorted.length >> 1];
  if (found === undefined) throw new AppError('HTTP_NOT_FOUND', 'There is no image.');
  return found;
}

export function registerRendered(app: Http, deps: RouteDeps, pool: DecodePool): void {
  async function rendered(record: InstanceRecord, frameNumber: number, wanted: Wanted): Promise<Buffer> {
    const frame = await pool.run<'render'>({
      kind: 'render', path: deps.archive.path(record.blobKey), frameIndex: frameNumber - 1,
      ...(wanted.window === undefined ? {} : { window: wanted.window }),
    });
    return encode(frame, wanted);
  }

  for (const [path, params] of [
    [`${levels.instance.path}/rendered`, levels.instance.params],
    [`${levels.instance.path}/frames/:frames/rendered`, frameParams],
  ] as const) {
    app.get(path, { schema: { params, querystring: renderQuery } }, async (request, reply) => {
      const record = await findInstance(deps, request, request.params);
      const list = 'frames' in request.params ? request.params.frames : String(Math.ceil(frameCount(record.header) / 2));
      const frameNumber = checkedFrames(record, list)[0]!;
      const { window, viewport, quality } = request.query;
      const wanted: Wanted = {
        type: negotiateRendered(acceptOf(request)),
        quality: quality ?? defaultQuality,
        ...(window === undefined ? {} : { window: parseWindow(window) }),
        ...(viewport === undefined ? {} : { viewport: parseViewport(viewport) }),
      };
      if (notModified(request, reply, entityTag([record], `rendered ${frameNumber} ${JSON.stringify(wanted)}`), 'immutable')) return reply.send();
      return reply.type(wanted.type).send(await rendered(record, frameNumber, wanted));
    });
  }

  for (const [level, { path, params }] of Object.entries(levels)) {
    app.get(`${path}/thumbnail`, { schema: { params, querystring: Type.Pick(renderQuery, ['viewport']) } }, async (request, reply) => {
      const record = middle(await findInstances(deps, request, request.params));
      const { viewport } = request.query;
      const wanted: Wanted = {
        type: negotiateRendered(acceptOf(request)),
        quality: defaultQuality,
        viewport: viewport === undefined ? { width: thumbnailSide, height: thumbnailSide } : parseViewport(viewport),
      };
      const tag = entityTag([record], `thumbnail ${JSON.stringify(wanted)}`);
      if (notModified(request, reply, tag, level === 'instance' ? 'immutable' : 'may-grow')) return reply.send();
      return reply.type(wanted.type).send(await rendered(record, Math.ceil(frameCount(record.header) / 2), wanted));
    });
  }
}
