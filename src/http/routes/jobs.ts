/** The queue as operators see it. */
import { Type } from '@sinclair/typebox';
import { AppError } from '../../errors.ts';
import type { RouteDeps } from '../deps.ts';
import { idParams, paging, problemSchema } from '../schemas/common.ts';
import { jobItem, jobItemSchema, jobStateSchema } from '../schemas/job.ts';
import type { Http } from '../type-provider.ts';

const accepted = Type.Object({ id: Type.String() });
const errors = { '4xx': problemSchema };

export function registerJobRoutes(app: Http, deps: RouteDeps): void {
  app.get('/jobs', {
    schema: {
      tags: ['jobs'], summary: 'Jobs, newest first',
      querystring: Type.Object({ state: Type.Optional(Type.Array(jobStateSchema)), ...paging }),
      response: { 200: Type.Object({ items: Type.Array(jobItemSchema), counts: Type.Record(Type.String(), Type.Integer()) }), ...errors },
    },
  }, async (request) => {
    const { state, limit, offset } = request.query;
    const [jobs, counts] = await Promise.all([
      deps.queue.list({ ...(state === undefined ? {} : { states: state }), limit, offset }),
      deps.queue.counts(),
    ]);
    // A page may hold fewer than asked for: what is left out still has its place in the queue.
    const view = deps.view(request);
    const items = await Promise.all(jobs.map(jobItem).map(async (item) => (view.sites === undefined || (item.studyInstanceUID !== undefined && await view.sees(item.studyInstanceUID)) ? [item] : [])));
    return { items: items.flat(), counts };
  });

  /** False from the queue means: no such job, or not in a state where that is possible. */
  async function explain(id: string, done: boolean, why: string): Promise<void> {
    if (done) return;
    if (await deps.queue.get(id) === undefined) throw new AppError('QUEUE_JOB_NOT_FOUND', 'There is no job with this id.');
    throw new AppError('QUEUE_JOB_STATE', why);
  }

  app.post('/jobs/:id/resubmit', {
    schema: { tags: ['jobs'], summary: 'A dead or cancelled job waits again', params: idParams, response: { 202: accepted, ...errors } },
  }, async (request, reply) => {
    const { id } = request.params;
    await explain(id, await deps.queue.resubmit(id), 'Only a dead or cancelled job can be resubmitted.');
    return reply.status(202).send({ id });
  });

  app.post('/jobs/:id/cancel', {
    schema: { tags: ['jobs'], summary: 'Ends a job that is not finished', params: idParams, response: { 202: accepted, ...errors } },
  }, async (request, reply) => {
    const { id } = request.params;
    await explain(id, await deps.queue.cancel(id), 'The job is finished already.');
    return reply.status(202).send({ id });
  });
}
