/** Files from the browser: single ones, folders, zip archives. Every file is named in the answer with what became of it. */
import { Type } from '@sinclair/typebox';
import { AppError, toAppError } from '../../errors.ts';
import type { ReceiveContext } from '../../study/types.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import { sitesOf } from '../plugins/authentication.ts';
import { sendProblem } from '../plugins/problem.ts';
import { problemSchema } from '../schemas/common.ts';
import type { Http } from '../type-provider.ts';
import { formFiles } from '../uploads/form-file.ts';
import { createIntake, type FileOutcome } from '../uploads/intake.ts';

const fileSchema = Type.Object({
  name: Type.String({ description: 'As the browser or the archive names it: plain text, escape it.' }),
  outcome: Type.Union((['stored', 'duplicate', 'conflict', 'skipped', 'failed'] as const).map((outcome) => Type.Literal(outcome))),
  studyInstanceUID: Type.Optional(Type.String()),
  seriesInstanceUID: Type.Optional(Type.String()),
  sopInstanceUID: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
});

const resultFields = {
  files: Type.Array(fileSchema),
  counts: Type.Record(Type.String(), Type.Integer()),
  studies: Type.Array(Type.String()),
};

function summary(files: readonly FileOutcome[]) {
  const counts = { stored: 0, duplicate: 0, conflict: 0, skipped: 0, failed: 0 };
  for (const { outcome } of files) counts[outcome] += 1;
  const studies = [...new Set(files.flatMap(({ studyInstanceUID }) => studyInstanceUID ?? []))];
  return { files, counts, studies };
}

export function registerUploadRoutes(app: Http, deps: RouteDeps, limits: HttpLimits): void {
  // Read as it arrives: a study is gigabytes.
  app.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload));

  app.post('/uploads', {
    schema: {
      tags: ['uploads'], summary: 'Files, folders and zip archives as multipart/form-data', consumes: ['multipart/form-data'],
      response: { 200: Type.Object(resultFields), '4xx': problemSchema },
    },
  }, async (request, reply) => {
    const context: ReceiveContext = { transport: 'upload', remoteAddress: request.ip, ...sitesOf(request) };
    const files: FileOutcome[] = [];
    const { socket } = request.raw;
    const intake = createIntake(deps, limits, {
      context,
      report: (outcome) => files.push(outcome),
      async whileQuiet(work) {
        const idleTimeoutMs = socket.timeout ?? 0;
        socket.setTimeout(0);
        try {
          await work();
        } finally {
          socket.setTimeout(idleTimeoutMs);
        }
      },
    });
    try {
      for await (const file of formFiles(request.headers['content-type'], request.raw)) await intake.take(file.name, file.body);
    } catch (error) {
      const known = toAppError(error);
      if (known.code === 'HTTP_UNSUPPORTED_MEDIA_TYPE') throw known;
      const broken = known.code === 'INTERNAL'
        ? new AppError('HTTP_MULTIPART_TRUNCATED', 'The upload broke off; the files listed here were taken.', { cause: error }) : known;
      request.log.warn({ err: broken, files: files.length }, 'upload broke off');
      void reply.header('connection', 'close');
      return sendProblem(reply, broken, summary(files));
    }
    const result = summary(files);
    request.log.info({ counts: result.counts, studies: result.studies }, 'upload');
    return result;
  });
}
