/** The reading room: drafts, locks, signatures. */
import { Type, type Static } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, toAppError, type ErrorCode } from '../../errors.ts';
import type { WorldPoint } from '../../findings/types.ts';
import type { ReviewService } from '../../review/port.ts';
import type { MeasureTarget } from '../../review/measurer.ts';
import type { ReviewDraft } from '../../review/types.ts';
import type { RouteDeps } from '../deps.ts';
import { contentTree } from '../report-tree.ts';
import { publicDetails, sendProblem } from '../plugins/problem.ts';
import { problemSchema, studyParams } from '../schemas/common.ts';
import {
  byReaderSchema, measureSchema, previewRequestSchema, previewSchema, priorsQuerySchema, priorsSchema, reviewedFindingSchema, reviewLockSchema, reviewSchema, saveReviewSchema, signReviewSchema, takeLockSchema,
} from '../schemas/review.ts';
import type { Http } from '../type-provider.ts';

/** Outlines of many findings make a draft large. */
const bodyLimit = 16 * 1024 * 1024;
const errors = { '4xx': problemSchema };
/** Answers that carry the review as it is now, so that a screen can merge. */
const withReview: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['REVIEW_CONFLICT', 'REVIEW_SIGNED']);

type Axis = readonly [WorldPoint, WorldPoint];

/** @throws AppError HTTP_BAD_REQUEST when the body names nothing that can be measured. */
function targetOf({ worldPoint, sopInstanceUID, frameNumber, column, row, longAxisWorld, shortAxisWorld }: Static<typeof measureSchema>): MeasureTarget {
  if (longAxisWorld !== undefined) {
    return { kind: 'axes', longAxisWorld: longAxisWorld as unknown as Axis, ...(shortAxisWorld === undefined ? {} : { shortAxisWorld: shortAxisWorld as unknown as Axis }) };
  }
  if (worldPoint !== undefined) return { kind: 'point', worldPoint: worldPoint as unknown as WorldPoint };
  if (sopInstanceUID !== undefined && column !== undefined && row !== undefined) {
    return { kind: 'pixel', sopInstanceUID, column, row, ...(frameNumber === undefined ? {} : { frameNumber }) };
  }
  throw new AppError('HTTP_BAD_REQUEST', 'body needs worldPoint, or sopInstanceUID with column and row, or longAxisWorld');
}

export function registerReviewRoutes(app: Http, deps: RouteDeps): void {
  const reviewOf = (request: FastifyRequest): ReviewService => deps.view(request).review;

  async function answer<T>(reply: FastifyReply, studyInstanceUID: string, work: (review: ReviewService) => Promise<T>): Promise<T | FastifyReply> {
    const review = reviewOf(reply.request);
    try {
      return await work(review);
    } catch (error) {
      const known = toAppError(error);
      if (!withReview.has(known.code)) throw error;
      return sendProblem(reply, known, { ...publicDetails(known), review: await review.review(studyInstanceUID) });
    }
  }

  app.get('/studies/:studyInstanceUID/review', {
    schema: { tags: ['review'], summary: 'The reading of a study; a fresh one when nobody has begun', params: studyParams, response: { 200: reviewSchema, ...errors } },
  }, async (request) => reviewOf(request).review(request.params.studyInstanceUID));

  app.put('/studies/:studyInstanceUID/review', {
    bodyLimit,
    schema: { tags: ['review'], summary: 'Writes the draft as a whole', params: studyParams, body: saveReviewSchema, response: { 200: reviewSchema, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = request.params;
    const { reader, revision, draft, compareWith } = request.body;
    return answer(reply, studyInstanceUID, (review) => review.save(studyInstanceUID, {
      reader, revision, draft: draft as unknown as ReviewDraft, ...(compareWith === undefined ? {} : { compareWith }),
    }));
  });

  app.post('/studies/:studyInstanceUID/review/lock', {
    schema: { tags: ['review'], summary: 'Takes or renews the lock', params: studyParams, body: takeLockSchema, response: { 200: reviewLockSchema, ...errors } },
  }, async (request) => reviewOf(request).lock(request.params.studyInstanceUID, request.body.reader, request.body.takeOver === true));

  app.delete('/studies/:studyInstanceUID/review/lock', {
    schema: { tags: ['review'], summary: 'Gives the lock back', params: studyParams, body: byReaderSchema, response: { 204: Type.Null(), ...errors } },
  }, async (request, reply) => {
    await reviewOf(request).unlock(request.params.studyInstanceUID, request.body.reader);
    return reply.status(204).send();
  });

  app.post('/studies/:studyInstanceUID/review/measure', {
    schema: { tags: ['review'], summary: 'Measures what a reader points at', params: studyParams, body: measureSchema, response: { 200: reviewedFindingSchema, ...errors } },
  }, async (request) => reviewOf(request).measure(request.params.studyInstanceUID, targetOf(request.body), request.body.seriesInstanceUID));

  app.post('/studies/:studyInstanceUID/review/preview', {
    bodyLimit,
    schema: { tags: ['review'], summary: 'What would be signed', params: studyParams, body: previewRequestSchema, response: { 200: previewSchema, ...errors } },
  }, async (request) => {
    const { draft, reader } = request.body;
    const { report, ...preview } = await reviewOf(request).preview(request.params.studyInstanceUID, draft as unknown as ReviewDraft, reader);
    return { ...preview, ...(report === undefined ? {} : { report: contentTree(report) }) };
  });

  app.post('/studies/:studyInstanceUID/review/sign', {
    schema: { tags: ['review'], summary: 'Signs the draft of this revision', params: studyParams, body: signReviewSchema, response: { 200: reviewSchema, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = request.params;
    return answer(reply, studyInstanceUID, (review) => review.sign(studyInstanceUID, request.body));
  });

  app.post('/studies/:studyInstanceUID/review/reopen', {
    schema: { tags: ['review'], summary: 'Opens an addendum to what is signed', params: studyParams, body: byReaderSchema, response: { 200: reviewSchema, ...errors } },
  }, async (request, reply) => {
    const { studyInstanceUID } = request.params;
    return answer(reply, studyInstanceUID, (review) => review.reopen(studyInstanceUID, request.body.reader));
  });

  app.get('/studies/:studyInstanceUID/priors', {
    schema: { tags: ['review'], summary: 'Earlier CT examinations of the same patient', params: studyParams, querystring: priorsQuerySchema, response: { 200: priorsSchema, ...errors } },
  }, async (request) => reviewOf(request).priors(request.params.studyInstanceUID, request.query.compareWith));
}
