/** Models for administrators: add, check, remove, choose; and how shadows compare with the champion. */
import { basename, join } from 'node:path';
import { rm } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { AppError } from '../../errors.ts';
import { activeModelsSchema } from '../../registry/active-models.ts';
import { stageFile } from '../../registry/install.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import { problemSchema, studyParams } from '../schemas/common.ts';
import { agreementSchema, shadowFailureSchema, shadowModelSchema, shadowTotalsSchema } from '../schemas/shadow.ts';
import type { Http } from '../type-provider.ts';
import { formFiles } from '../uploads/form-file.ts';
import { readZip } from '../uploads/zip.ts';

const gib = 1024 ** 3;
/** All files of one model, unpacked. */
const maxModelBytes = 4 * gib;
const maxModelFiles = 100;

const errors = { '4xx': problemSchema, '5xx': problemSchema };
const named = Type.Object({ id: Type.String(), version: Type.String() });
const nameParams = Type.Object({ name: Type.String({ pattern: '^[a-z0-9-]{1,63}(@[0-9.]{1,24})?$', description: 'id, or id@version' }) });

/** Counts what comes in; throws beyond the limit. */
function counter(): (body: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  return async function* counted(body) {
    for await (const chunk of body) {
      total += chunk.byteLength;
      if (total > maxModelBytes) throw new AppError('HTTP_PAYLOAD_TOO_LARGE', `A model may have at most ${maxModelBytes} bytes.`);
      yield chunk;
    }
  };
}

/** Files of the form, or of one zip archive in it, into the staging folder; folders in their names are dropped. */
async function receive(staging: string, contentType: string | undefined, body: AsyncIterable<Uint8Array>, limits: HttpLimits): Promise<void> {
  const counted = counter();
  let files = 0;
  let hasZip = false;
  for await (const file of formFiles(contentType, body)) {
    files += 1;
    if (files > maxModelFiles) throw new AppError('MODEL_UPLOAD_INVALID', `A model may have at most ${maxModelFiles} files.`);
    const name = basename(file.name.replaceAll('\\', '/'));
    if (!name.toLowerCase().endsWith('.zip')) await stageFile(staging, name, counted(file.body));
    else if (hasZip || files > 1) throw new AppError('MODEL_UPLOAD_INVALID', 'Send one zip archive, or the files of one model.');
    else {
      hasZip = true;
      await stageFile(staging, 'upload.zip', counted(file.body));
    }
  }
  if (files === 0) throw new AppError('MODEL_UPLOAD_INVALID', 'The form holds no file.');
  if (!hasZip) return;
  const path = join(staging, 'upload.zip');
  await readZip(path, { ...limits, maxZipEntries: maxModelFiles, maxZipBytes: maxModelBytes }, async (entry, open) => {
    await stageFile(staging, basename(entry.replaceAll('\\', '/')), await open());
  });
  await rm(path);
}

export function registerModelRoutes(app: Http, registry: ModelRegistry, limits: HttpLimits): void {
  app.post('/models', {
    schema: {
      tags: ['models'], summary: 'Adds a model: its files, or one zip archive of them, as multipart/form-data', consumes: ['multipart/form-data'],
      response: { 200: named, 201: named, ...errors },
    },
  }, async (request, reply) => {
    const { socket } = request.raw;
    const idleTimeoutMs = socket.timeout ?? 0;
    try {
      const { model: { manifest: { id, version } }, isNew } = await registry.addStaged(async (staging) => {
        await receive(staging, request.headers['content-type'], request.raw, limits);
        // While the model is checked nothing travels over the connection.
        socket.setTimeout(0);
      });
      return await reply.status(isNew ? 201 : 200).send({ id, version });
    } catch (error) {
      // What was not read of the body would be taken for the next request.
      void reply.header('connection', 'close');
      throw error;
    } finally {
      socket.setTimeout(idleTimeoutMs);
    }
  });

  app.post('/models/:name/check', {
    schema: { tags: ['models'], summary: 'Hash, schema, graph and test vector, in a process of its own', params: nameParams, response: { 200: named, ...errors } },
  }, async (request) => {
    const { manifest: { id, version } } = await registry.check(request.params.name);
    return { id, version };
  });

  app.delete('/models/:name', {
    schema: { tags: ['models'], summary: 'Removes a model that nothing uses', params: nameParams, response: { 200: named, ...errors } },
  }, async (request) => {
    const { manifest: { id, version } } = await registry.remove(request.params.name);
    return { id, version };
  });

  app.get('/models/active', { schema: { tags: ['models'], summary: 'The model that reads the studies, and those that run along', response: { 200: activeModelsSchema, ...errors } } },
    async () => registry.active());

  app.put('/models/active', {
    schema: { tags: ['models'], summary: 'Chooses champion and shadows for the studies to come; each is checked first', body: activeModelsSchema, response: { 200: activeModelsSchema, ...errors } },
  }, async (request) => {
    await registry.activate(request.body);
    return registry.active();
  });
}

/** Reading what shadows found; it is never part of a study's result. */
export function registerShadowRoutes(app: Http, deps: RouteDeps): void {
  app.get('/models/shadow-agreement', {
    schema: {
      tags: ['models'], summary: 'How shadows agree with the champion, over all studies',
      response: { 200: Type.Object({ items: Type.Array(shadowTotalsSchema), failures: Type.Array(shadowFailureSchema) }) },
    },
  }, async (request) => {
    const { index } = deps.view(request);
    return { items: [...await index.shadowTotals()], failures: [...await index.shadowFailures()] };
  });

  app.get('/studies/:studyInstanceUID/shadow', {
    schema: {
      tags: ['models'], summary: 'What shadow models found in the study. Not a result: never report from it.', params: studyParams,
      response: {
        200: Type.Object({
          items: Type.Array(Type.Object({
            jobId: Type.String(), model: shadowModelSchema, createdAt: Type.String(),
            state: Type.Union([Type.Literal('done'), Type.Literal('failed')]),
            code: Type.Optional(Type.String()),
            findings: Type.Optional(Type.Object({ status: Type.String() }, { additionalProperties: true })),
            champion: Type.Optional(Type.Object({ jobId: Type.String(), model: shadowModelSchema })),
            agreement: Type.Optional(agreementSchema),
          })),
        }),
        ...errors,
      },
    },
  }, async (request) => {
    const { studyInstanceUID } = request.params;
    const { index } = deps.view(request);
    if (await index.worklistItem(studyInstanceUID) === undefined) throw new AppError('STUDY_NOT_FOUND', 'There is no study with this UID.');
    const results = await index.shadowResults(studyInstanceUID);
    return {
      items: results.map(({ jobId, model, createdAt, outcome, compared }) => ({
        jobId, model, createdAt, state: outcome.kind,
        ...(outcome.kind === 'done' ? { findings: { ...outcome.findings } } : { code: outcome.code }),
        ...(compared && { champion: { jobId: compared.championJobId, model: compared.champion }, agreement: compared.agreement }),
      })),
    };
  });
}
