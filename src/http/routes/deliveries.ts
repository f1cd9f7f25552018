/** Where results go, what became of each, and sending again. */
import { Type, type TProperties } from '@sinclair/typebox';
import type { DestinationInfo } from '../../delivery/describe-destinations.ts';
import { AppError } from '../../errors.ts';
import type { IndexReader } from '../../sites/index-reader.ts';
import type { DeliverySummary } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import { idParams, problemSchema, studyParams } from '../schemas/common.ts';
import { deliverySchema, deliveryStateSchema, destinationItemSchema } from '../schemas/delivery.ts';
import type { Http } from '../type-provider.ts';

const errors = { '4xx': problemSchema };
const counted = Type.Object({ count: Type.Integer({ description: 'Deliveries that are due now.' }) });
const states = Type.Optional(Type.Array(deliveryStateSchema, { minItems: 1, description: 'Only deliveries in these states; `failed` when left out.' }));

/** No body asks for nothing in particular. */
const optionalBody = <Properties extends TProperties>(properties: Properties) => Type.Union([Type.Object(properties, { additionalProperties: false }), Type.Null()]);

function stateOf(info: DestinationInfo | undefined, summary: DeliverySummary | undefined): 'ok' | 'failing' | 'attention' | 'idle' | 'disabled' | 'not-configured' {
  if (info === undefined) return 'not-configured';
  if (!info.enabled) return 'disabled';
  if (summary === undefined) return 'idle';
  if (summary.counts.waiting > 0 && summary.lastErrorCode !== undefined) return 'failing';
  return summary.counts.failed > 0 || summary.lastErrorCode !== undefined ? 'attention' : 'ok';
}

function itemOf(name: string, info: DestinationInfo | undefined, summary: DeliverySummary | undefined) {
  return {
    ...(info ?? { name, enabled: false, tls: false, rules: [], transferSyntax: 'as-stored' }),
    state: stateOf(info, summary),
    ...(summary ?? { counts: { waiting: 0, sent: 0, confirmed: 0, failed: 0 }, unconfirmed: 0 }),
  };
}

export function registerDeliveryRoutes(app: Http, deps: RouteDeps): void {
  app.get('/destinations', {
    schema: { tags: ['deliveries'], summary: 'Destinations with their state; also those that are no longer in the settings', response: { 200: Type.Object({ items: Type.Array(destinationItemSchema) }) } },
  }, async (request) => {
    const summaries = new Map((await deps.view(request).index.deliverySummaries()).map((summary) => [summary.destination, summary]));
    const infos = new Map(deps.destinations.map((info) => [info.name, info]));
    return { items: [...new Set([...infos.keys(), ...summaries.keys()])].map((name) => itemOf(name, infos.get(name), summaries.get(name))) };
  });

  app.post('/destinations/:name/resend', {
    schema: {
      tags: ['deliveries'], summary: 'Sends again to one destination', params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) }),
      body: optionalBody({ states }), response: { 202: counted, ...errors },
    },
  }, async (request, reply) => {
    const { name } = request.params;
    const isKnown = deps.destinations.some((info) => info.name === name) || (await deps.view(request).index.deliverySummaries()).some(({ destination }) => destination === name);
    if (!isKnown) throw new AppError('DESTINATION_NOT_FOUND', 'There is no destination of this name.');
    return reply.status(202).send({ count: await deps.actions.resendDeliveries({ destination: name, states: request.body?.states ?? ['failed'] }) });
  });

  app.get('/studies/:studyInstanceUID/deliveries', {
    schema: { tags: ['deliveries'], summary: 'Every object of the study to every destination', params: studyParams, response: { 200: Type.Object({ items: Type.Array(deliverySchema) }), ...errors } },
  }, async (request) => {
    const { index } = deps.view(request);
    return { items: [...await index.deliveries(await knownStudy(index, request.params.studyInstanceUID))] };
  });

  app.post('/studies/:studyInstanceUID/deliveries/resend', {
    schema: {
      tags: ['deliveries'], summary: 'Sends the objects of a study again, to one destination or to all', params: studyParams,
      body: optionalBody({ destination: Type.Optional(Type.String({ maxLength: 100 })), states }), response: { 202: counted, ...errors },
    },
  }, async (request, reply) => {
    const studyInstanceUID = await knownStudy(deps.view(request).index, request.params.studyInstanceUID);
    const { destination, states: wanted } = request.body ?? {};
    const count = await deps.actions.resendDeliveries({ studyInstanceUID, states: wanted ?? ['failed'], ...(destination === undefined ? {} : { destination }) });
    return reply.status(202).send({ count });
  });

  app.post('/deliveries/:id/resend', {
    schema: { tags: ['deliveries'], summary: 'Sends one object again, whatever its state', params: idParams, response: { 202: Type.Object({ id: Type.String() }), ...errors } },
  }, async (request, reply) => {
    const { id } = request.params;
    if (await deps.actions.resendDeliveries({ id }) === 0) throw new AppError('DELIVERY_NOT_FOUND', 'There is no delivery with this id.');
    return reply.status(202).send({ id });
  });
}

async function knownStudy(index: IndexReader, studyInstanceUID: string): Promise<string> {
  if (await index.worklistItem(studyInstanceUID) === undefined) throw new AppError('STUDY_NOT_FOUND', 'There is no study with this UID.');
  return studyInstanceUID;
}
