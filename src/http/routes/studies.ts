/** Worklist, study, findings, and what a reader may ask for: complete, analyse again, priority. */
import { Type } from '@sinclair/typebox';
import { AppError } from '../../errors.ts';
import type { StudyDetail } from '../../study/types.ts';
import type { HttpDeps } from '../deps.ts';
import { reportOf, reportSchema } from '../report-tree.ts';
import { paging, problemSchema, reportParams, studyParams } from '../schemas/common.ts';
import { findingsSchema, prioritySchema, studyDetailSchema, studyStateSchema, worklistSchema } from '../schemas/study.ts';
import type { Http } from '../type-provider.ts';

const worklistQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200 })),
  state: Type.Optional(Type.Array(studyStateSchema)),
  order: Type.Optional(Type.Union([Type.Literal('urgency'), Type.Literal('received')])),
  ...paging,
});

const accepted = Type.Object({ studyInstanceUID: Type.String() });
const errors = { '4xx': problemSchema };

async function findStudy(deps: HttpDeps, studyInstanceUID: string): Promise<StudyDetail> {
  const study = await deps.index.study(studyInstanceUID);
  if (study === undefined) throw new AppError('STUDY_NOT_FOUND', 'There is no study with this UID.');
  return study;
}

export function registerStudyRoutes(app: Http, deps: HttpDeps): void {
  app.get('/worklist', {
    schema: { tags: ['studies'], summary: 'Studies, the urgent ones first', querystring: worklistQuery, response: { 200: worklistSchema, ...errors } },
    // `state=a,b` is the same as `state=a&state=b`; the schema sees a list either way.
    preValidation: async (request) => {
      const query = request.query as Record<string, unknown>;
      const { state } = query;
      if (state !== undefined) {
        query['state'] = (Array.isArray(state) ? state : [state])
          .flatMap((value) => String(value).split(',')).filter((value) => value !== '');
      }
    },
  }, async (request) => {
    const { search, state, order, limit, offset } = request.query;
    return deps.index.worklist({
      ...(search === undefined || search.trim() === '' ? {} : { search }),
      ...(state === undefined || state.length === 0 ? {} : { states: state }),
      ...(order === undefined ? {} : { order }),
      limit, offset,
    });
  });

  app.get('/studies/:studyInstanceUID', {
    schema: { tags: ['studies'], summary: 'One study', params: studyParams, response: { 200: studyDetailSchema, ...errors } },
  }, async (request) => findStudy(deps, request.params.studyInstanceUID));

  app.get('/studies/:studyInstanceUID/findings', {
    schema: { tags: ['studies'], summary: 'The current findings, or the reason why nothing was analysed', params: studyParams, response: { 200: findingsSchema, ...errors } },
  }, async (request) => {
    const study = await findStudy(deps, request.params.studyInstanceUID);
    if (study.analysis === undefined) {
      throw new AppError('FINDINGS_NOT_AVAILABLE', 'The study has not been analysed. This does not mean that nothing was found.', {
        details: { state: study.state },
      });
    }
    return study.analysis.findings;
  });

  app.get('/studies/:studyInstanceUID/reports/:sopInstanceUID', {
    schema: { tags: ['studies'], summary: 'A structured report as a tree of lines', params: reportParams, response: { 200: reportSchema, ...errors } },
  }, async (request) => {
    const { studyInstanceUID, sopInstanceUID } = request.params;
    const [record] = await deps.index.instances({ studyInstanceUID, sopInstanceUID });
    if (record === undefined) throw new AppError('HTTP_NOT_FOUND', 'There is no such instance in this study.');
    return reportOf(record);
  });

  app.post('/studies/:studyInstanceUID/complete', {
    schema: { tags: ['studies'], summary: 'Complete now, whatever is missing', params: studyParams, response: { 202: accepted, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = await findStudy(deps, request.params.studyInstanceUID);
    await deps.study.forceComplete(studyInstanceUID);
    return reply.status(202).send({ studyInstanceUID });
  });

  app.post('/studies/:studyInstanceUID/reanalyse', {
    schema: { tags: ['studies'], summary: 'Analyse again with the model in use', params: studyParams, response: { 202: accepted, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = await findStudy(deps, request.params.studyInstanceUID);
    await deps.actions.reanalyse(studyInstanceUID);
    return reply.status(202).send({ studyInstanceUID });
  });

  app.post('/studies/:studyInstanceUID/priority', {
    schema: {
      tags: ['studies'], summary: 'Place in the queue', params: studyParams,
      body: Type.Object({ priority: prioritySchema }, { additionalProperties: false }),
      response: { 200: Type.Object({ studyInstanceUID: Type.String(), priority: prioritySchema }), ...errors },
    },
  }, async (request) => {
    const { studyInstanceUID } = await findStudy(deps, request.params.studyInstanceUID);
    await deps.actions.setPriority(studyInstanceUID, request.body.priority);
    return { studyInstanceUID, priority: request.body.priority };
  });
}
