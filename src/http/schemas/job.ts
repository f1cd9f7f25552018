/** A job as screens see it: its data stays inside, but for the study it belongs to. */
import { Type, type Static } from '@sinclair/typebox';
import type { Job } from '../../queue/port.ts';
import { prioritySchema, progressSchema } from './study.ts';

export const jobStates = ['waiting', 'active', 'delayed', 'completed', 'dead', 'cancelled'] as const;
export const jobStateSchema = Type.Union(jobStates.map((state) => Type.Literal(state)));

export const jobItemSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  state: jobStateSchema,
  priority: Type.Union([prioritySchema, Type.Literal('background')], { description: 'background: a shadow model, whose result is not shown' }),
  attempt: Type.Integer(),
  maxAttempts: Type.Integer(),
  progress: Type.Optional(progressSchema),
  failures: Type.Array(Type.Object({ code: Type.String(), message: Type.String(), attempt: Type.Integer(), at: Type.String() })),
  studyInstanceUID: Type.Optional(Type.String()),
  createdAt: Type.String(),
  availableAt: Type.String(),
  finishedAt: Type.Optional(Type.String()),
});

export type JobItem = Static<typeof jobItemSchema>;

export function jobItem(job: Job): JobItem {
  const { data } = job;
  const studyInstanceUID = typeof data === 'object' && data !== null && 'studyInstanceUID' in data ? data.studyInstanceUID : undefined;
  return {
    id: job.id,
    name: job.name,
    state: job.state,
    priority: job.priority,
    attempt: job.attempt,
    maxAttempts: job.maxAttempts,
    ...(job.progress === undefined ? {} : { progress: job.progress }),
    failures: job.failures.map((failure) => ({ code: failure.code, message: failure.message, attempt: failure.attempt, at: failure.at })),
    ...(typeof studyInstanceUID === 'string' ? { studyInstanceUID } : {}),
    createdAt: job.createdAt,
    availableAt: job.availableAt,
    ...(job.finishedAt === undefined ? {} : { finishedAt: job.finishedAt }),
  };
}
