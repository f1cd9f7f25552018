/**
 * Entries that commands beside the service have to make: the service alone writes the trail while it runs. Exports and
 * nothing else can be entered, and who made them is who made the request.
 */
import { Type } from '@sinclair/typebox';
import type { AuditEntry, AuditEvent } from '../../audit/entry.ts';
import { exportEvent, exportSteps } from '../../audit/export-event.ts';
import { actorOf } from '../plugins/audit.ts';
import { problemSchema, uidSchema } from '../schemas/common.ts';
import type { Http } from '../type-provider.ts';

const detail = Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 200 })]);

export function registerAuditRoutes(app: Http, append: (event: AuditEvent) => Promise<AuditEntry>, options: { readonly hasToken: boolean }): void {
  app.post('/audit/events', {
    schema: {
      tags: ['audit'], summary: 'Enters a step of an export; answered when it is on disk',
      body: Type.Object({
        kind: Type.Literal('export'), what: Type.Union(exportSteps.map((step) => Type.Literal(step))),
        studyInstanceUID: Type.Optional(uidSchema),
        details: Type.Optional(Type.Record(Type.String({ pattern: '^[a-zA-Z]{1,40}$' }), detail, { maxProperties: 12 })),
      }, { additionalProperties: false }),
      response: { 201: Type.Object({ sequence: Type.Integer(), hash: Type.String() }), '4xx': problemSchema, '5xx': problemSchema },
    },
  }, async (request, reply) => {
    const { what, studyInstanceUID, details } = request.body;
    const { sequence, hash } = await append(exportEvent({
      what, ...(studyInstanceUID !== undefined && { studyInstanceUID }), ...(details !== undefined && { details }),
    }, actorOf(request, options.hasToken)));
    return reply.status(201).send({ sequence, hash });
  });
}
