/** What the service is, and whether it is well. */
import { Type } from '@sinclair/typebox';
import type { HttpDeps, HttpLimits } from '../deps.ts';
import type { Metrics } from '../metrics.ts';
import { modelSchema, systemSchema } from '../schemas/study.ts';
import type { Http } from '../type-provider.ts';

const disclaimer = {
  en: 'Not a certified medical device. The marks are proposals of a computer program; a radiologist reads the images and decides.',
  vi: 'Đây không phải là thiết bị y tế được chứng nhận. Các dấu là đề xuất của chương trình máy tính; bác sĩ chẩn đoán hình ảnh đọc phim và quyết định.',
};

export function registerSystemRoutes(app: Http, deps: Pick<HttpDeps, 'config' | 'models' | 'destinations'>): void {
  app.get('/system', { schema: { tags: ['service'], summary: 'The service and its settings', response: { 200: systemSchema } } }, async () => {
    const { config } = deps;
    const models = await deps.models();
    const model = models.find(({ role }) => role === 'champion') ?? models.find(({ inUse }) => inUse);
    return {
      name: 'Phoi',
      version: config.version,
      aeTitle: config.aeTitle,
      dicomPort: config.dicomPort,
      quietSeconds: config.quietSeconds,
      ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
      authentication: config.token !== undefined,
      ...(model === undefined ? {} : { model }),
      destinations: deps.destinations.map(({ name }) => name),
      disclaimer,
    };
  });

  app.get('/models', { schema: { tags: ['service'], summary: 'The models', response: { 200: Type.Object({ items: Type.Array(modelSchema) }) } } },
    async () => ({ items: [...await deps.models()] }));
}

/** A probe that hangs is as bad as one that fails. */
const probeTimeoutMs = 5000;

async function probe(work: () => Promise<boolean>): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), probeTimeoutMs);
  });
  try {
    return await Promise.race([work(), late]) ? 'ok' : 'failed';
  } finally {
    clearTimeout(timer);
  }
}

export function registerHealthRoutes(app: Http, deps: HttpDeps, limits: HttpLimits, metrics: Metrics): void {
  async function check(name: string, work: () => Promise<boolean>): Promise<'ok' | 'failed'> {
    try {
      return await probe(work);
    } catch (error) {
      deps.log.error({ err: error, check: name }, 'readiness check failed');
      return 'failed';
    }
  }

  app.get('/healthz', { logLevel: 'warn' }, async () => ({ status: 'ok' }));

  app.get('/readyz', { logLevel: 'warn' }, async (_request, reply) => {
    const [index, archive, disk, queue] = await Promise.all([
      check('index', async () => (await deps.index.worklist({ limit: 1, offset: 0 })).total >= 0),
      check('archive', async () => !await deps.archive.has('0'.repeat(64))),
      check('disk', async () => await deps.archive.freeBytes() >= limits.minFreeBytes),
      check('queue', async () => Object.keys(await deps.queue.counts()).length > 0),
    ]);
    const checks = { index, archive, disk, queue };
    const ready = Object.values(checks).every((result) => result === 'ok');
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ok' : 'failed', checks });
  });

  app.get('/metrics', { logLevel: 'warn' }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()));
}
