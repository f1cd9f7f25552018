/** Worklist, study, findings, and what a reader may ask for: complete, analyse again, priority. */
import { Type } from '@sinclair/typebox';
import { AppError } from '../../errors.ts';
import type { IndexReader } from '../../sites/index-reader.ts';
import { siteNameSchema } from '../../sites/settings.ts';
import type { StudyDetail } from '../../study/types.ts';
import type { RouteDeps } from '../deps.ts';
import { reportOf, reportSchema } from '../report-tree.ts';
import { paging, problemSchema, reportParams, studyParams } from '../schemas/common.ts';
import { findingsSchema, prioritySchema, studyDetailSchema, studyStateSchema, worklistSchema } from '../schemas/study.ts';
import type { Http } from '../type-provider.ts';

const dateSchema = Type.String({ pattern: '^[0-9]{8}$', description: 'Study Date, YYYYMMDD, included' });

const worklistQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200 })),
  state: Type.Optional(Type.Array(studyStateSchema)),
  review: Type.Optional(Type.Array(Type.Union([Type.Literal('unread'), Type.Literal('draft'), Type.Literal('signed'), Type.Literal('addendum')]))),
  reader: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Identifier of a reader: what they read now or have signed' })),
  site: Type.Optional(Type.Array(siteNameSchema, { maxItems: 100, description: 'Names of sites, of those that whoever asks may see' })),
  priority: Type.Optional(prioritySchema),
  modality: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z0-9_ ]{1,16}$' }), { maxItems: 20 })),
  from: Type.Optional(dateSchema),
  to: Type.Optional(dateSchema),
  order: Type.Optional(Type.Union([Type.Literal('urgency'), Type.Literal('received')])),
  ...paging,
});

const accepted = Type.Object({ studyInstanceUID: Type.String() });
const errors = { '4xx': problemSchema };

async function findStudy(index: IndexReader, studyInstanceUID: string): Promise<StudyDetail> {
  const study = await index.study(studyInstanceUID);
  if (study === undefined) throw new AppError('STUDY_NOT_FOUND', 'There is no study with this UID.');
  return study;
}

export function registerStudyRoutes(app: Http, deps: RouteDeps): void {
  app.get('/worklist', {
    schema: { tags: ['studies'], summary: 'Studies, the urgent ones first', querystring: worklistQuery, response: { 200: worklistSchema, ...errors } },
    // `state=a,b` is the same as `state=a&state=b`; the schema sees a list either way.
    preValidation: async (request) => {
      const query = request.query as Record<string, unknown>;
      for (const name of ['state', 'review', 'modality', 'site']) {
        const given = query[name];
        if (given === undefined) continue;
        query[name] = (Array.isArray(given) ? given : [given])
          .flatMap((value) => String(value).split(',')).filter((value) => value !== '');
      }
    },
  }, async (request) => {
    const { search, state, review, reader, site, priority, modality, from, to, order, limit, offset } = request.query;
    return deps.view(request).index.worklist({
      ...(search === undefined || search.trim() === '' ? {} : { search }),
      ...(state === undefined || state.length === 0 ? {} : { states: state }),
      ...(review === undefined || review.length === 0 ? {} : { reviewStates: review }),
      ...(reader === undefined ? {} : { readerId: reader }),
      ...(site === undefined || site.length === 0 ? {} : { sites: site }),
      ...(priority === undefined ? {} : { priority }),
      ...(modality === undefined || modality.length === 0 ? {} : { modalities: modality }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(order === undefined ? {} : { order }),
      limit, offset,
    });
  });

  app.get('/studies/:studyInstanceUID', {
    schema: { tags: ['studies'], summary: 'One study', params: studyParams, response: { 200: studyDetailSchema, ...errors } },
  }, async (request) => findStudy(deps.view(request).index, request.params.studyInstanceUID));

  app.get('/studies/:studyInstanceUID/findings', {
    schema: { tags: ['studies'], summary: 'The current findings, or the reason why nothing was analysed', params: studyParams, response: { 200: findingsSchema, ...errors } },
  }, async (request) => {
    const study = await findStudy(deps.view(request).index, request.params.studyInstanceUID);
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
    const [record] = await deps.view(request).index.instances({ studyInstanceUID, sopInstanceUID });
    if (record === undefined) throw new AppError('HTTP_NOT_FOUND', 'There is no such instance in this study.');
    return reportOf(record);
  });

  app.post('/studies/:studyInstanceUID/complete', {
    schema: { tags: ['studies'], summary: 'Complete now, whatever is missing', params: studyParams, response: { 202: accepted, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = await findStudy(deps.view(request).index, request.params.studyInstanceUID);
    await deps.study.forceComplete(studyInstanceUID);
    return reply.status(202).send({ studyInstanceUID });
  });

  app.post('/studies/:studyInstanceUID/reanalyse', {
    schema: { tags: ['studies'], summary: 'Analyse again with the model in use', params: studyParams, response: { 202: accepted, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = await findStudy(deps.view(request).index, request.params.studyInstanceUID);
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
    const { studyInstanceUID } = await findStudy(deps.view(request).index, request.params.studyInstanceUID);
    await deps.actions.setPriority(studyInstanceUID, request.body.priority);
    return { studyInstanceUID, priority: request.body.priority };
  });
}
