/** The dashboard as JSON; the types are those of `src/index/port.ts`, held together by `test/http`. */
import { Type } from '@sinclair/typebox';
import { alertKinds } from '../../alerts/types.ts';
import { reasonSchema } from './common.ts';
import { studyStateSchema } from './study.ts';

const counts = Type.Record(Type.String(), Type.Integer());
const durations = Type.Optional(Type.Object({ count: Type.Integer(), medianSeconds: Type.Number(), p90Seconds: Type.Number() }));
const flow = { received: Type.Integer({ description: 'New studies' }), results: Type.Integer(), signed: Type.Integer() };

export const dashboardSchema = Type.Object({
  at: Type.String(),
  states: Type.Record(Type.String(), Type.Integer(), { description: 'Studies by state; states without a study are absent' }),
  reviews: counts,
  toRead: Type.Integer({ description: 'Unread, all images there' }),
  toReadStat: Type.Integer(),
  beingRead: Type.Integer(),
  jobs: counts,
  deliveries: counts,
  activity: Type.Array(Type.Object({ hour: Type.String({ description: 'ISO 8601, UTC' }), site: Type.String(), ...flow }), { description: 'The last 15 days; hours without anything are absent' }),
  toResult: durations,
  toSigned: durations,
  resultToSigned: durations,
  failures: Type.Array(Type.Object({ studyInstanceUID: Type.String(), state: studyStateSchema, reasons: Type.Array(reasonSchema), at: Type.String() })),
  deliveryFailures: Type.Array(Type.Object({
    id: Type.String(), studyInstanceUID: Type.String(), destination: Type.String(), attempts: Type.Integer(), code: Type.Optional(Type.String()), at: Type.String(),
  })),
  senders: Type.Array(Type.Object({
    callingAETitle: Type.String(), station: Type.String(), institution: Type.String(), modality: Type.String(), firstArrivalAt: Type.String(),
    lastArrivalAt: Type.String(), arrivals: Type.Integer({ description: 'Series' }), isOverdue: Type.Boolean({ description: 'Silent much longer than it ever was' }),
  })),
  alerts: Type.Array(Type.Object({
    kind: Type.Union(alertKinds.map((kind) => Type.Literal(kind))), subject: Type.String({ description: 'The destination or device; empty for the service itself' }),
    value: Type.Number({ description: 'In the unit of the threshold: a count, hours, bytes, minutes' }), threshold: Type.Number(), since: Type.String(),
  })),
  sites: Type.Array(Type.Object({ site: Type.String({ description: 'Institution Name, empty when unknown' }), toRead: Type.Integer(), lastDay: Type.Object(flow), lastWeek: Type.Object(flow) })),
  disk: Type.Object({ freeBytes: Type.Number(), totalBytes: Type.Number(), isLow: Type.Boolean() }),
});
