/** POST /studies and /studies/{study}: STOW-RS. */
import { Type } from '@sinclair/typebox';
import { acceptsJson } from '../../dicomweb/negotiate.ts';
import { storeInstances } from '../../dicomweb/stow.ts';
import { AppError } from '../../errors.ts';
import type { RouteDeps, HttpLimits } from '../deps.ts';
import { sitesOf } from '../plugins/authentication.ts';
import { sendProblem } from '../plugins/problem.ts';
import { uidSchema } from '../schemas/common.ts';
import type { Http } from '../type-provider.ts';
import { acceptOf, serviceUrl } from './resource.ts';

const params = Type.Object({ studyInstanceUID: Type.Optional(uidSchema) });

export function registerStow(app: Http, deps: RouteDeps, limits: HttpLimits): void {
  // The body is read as it arrives; nothing is collected before the handler.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  for (const url of ['/studies', '/studies/:studyInstanceUID']) {
    app.post(url, { schema: { params } }, async (request, reply) => {
      if (!acceptsJson(acceptOf(request))) throw new AppError('HTTP_NOT_ACCEPTABLE', 'The answer is application/dicom+json.');
      const { studyInstanceUID } = request.params;
      const result = await storeInstances(deps.study, {
        contentType: request.headers['content-type'],
        body: request.raw,
        ...(studyInstanceUID === undefined ? {} : { studyInstanceUID }),
        context: { transport: 'stow', remoteAddress: request.ip, ...sitesOf(request) },
        baseUrl: serviceUrl(request, deps.config.publicUrl),
        maxInstanceBytes: limits.maxInstanceBytes,
      });
      request.log.info({
        stored: result.stored.length,
        failed: result.failed.map(({ error, sopInstanceUID }) => ({ code: error.code, sopInstanceUID })),
        ...(result.broken === undefined ? {} : { broken: result.broken.code }),
      }, 'instances by STOW-RS');
      if (result.broken !== undefined) {
        // The rest of a body that cannot be read is of no use on this connection.
        void reply.header('connection', 'close');
        return sendProblem(reply, result.broken, { storeInstancesResponse: result.dataset });
      }
      return reply.status(result.status).header('content-type', 'application/dicom+json').send(Buffer.from(JSON.stringify(result.dataset)));
    });
  }
}
