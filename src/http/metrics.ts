/** Prometheus metrics. Labels are states, outcomes and route patterns: never a UID, never patient data. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { AlertBoard } from '../alerts/alert-service.ts';
import { alertKinds } from '../alerts/types.ts';
import { toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { JobQueue } from '../queue/port.ts';
import type { StudyService } from '../study/port.ts';
import type { StudyState } from '../study/types.ts';

const studyStates: readonly StudyState[] = ['receiving', 'incomplete', 'waiting', 'analysing', 'analysed', 'not-analysed', 'failed'];

export interface Metrics {
  readonly registry: Registry;
  readonly instances: Counter<'transport' | 'outcome'>;
  readonly bytes: Counter<'transport'>;
  readonly http: Histogram<'method' | 'route' | 'status'>;
}

/** A registry of its own, so that two services in one process do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    instances: new Counter({
      name: 'phoi_instances_received_total', help: 'Instances received, by transport and outcome or error code',
      labelNames: ['transport', 'outcome'], registers: [registry],
    }),
    bytes: new Counter({
      name: 'phoi_received_bytes_total', help: 'Bytes of instances received', labelNames: ['transport'], registers: [registry],
    }),
    http: new Histogram({
      name: 'phoi_http_request_duration_seconds', help: 'HTTP requests by route pattern',
      labelNames: ['method', 'route', 'status'], buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60], registers: [registry],
    }),
  };
}

/** Gauges that are read from index and queue when the metrics are scraped. */
export function registerStateGauges(metrics: Metrics, index: StudyIndex, queue: JobQueue): void {
  new Gauge({
    name: 'phoi_studies', help: 'Studies by state', labelNames: ['state'], registers: [metrics.registry],
    async collect() {
      for (const state of studyStates) {
        this.set({ state }, (await index.worklist({ states: [state], limit: 1, offset: 0 })).total);
      }
    },
  });
  new Gauge({
    name: 'phoi_deliveries', help: 'Deliveries of result objects by destination and state', labelNames: ['destination', 'state'], registers: [metrics.registry],
    async collect() {
      this.reset();
      for (const { destination, counts } of await index.deliverySummaries()) {
        for (const [state, count] of Object.entries(counts)) this.set({ destination, state }, count);
      }
    },
  });
  new Gauge({
    name: 'phoi_jobs', help: 'Jobs by state', labelNames: ['state'], registers: [metrics.registry],
    async collect() {
      for (const [state, count] of Object.entries(await queue.counts())) this.set({ state }, count);
    },
  });
}

/** What is wrong now, by kind: 0 says that it was looked for. */
export function registerAlertGauges(metrics: Metrics, board: AlertBoard): void {
  new Gauge({
    name: 'phoi_alerts', help: 'Alerts that hold now, by kind', labelNames: ['alert'], registers: [metrics.registry],
    collect() {
      for (const alert of alertKinds) this.set({ alert }, board.alerts().filter(({ kind }) => kind === alert).length);
    },
  });
  new Gauge({
    name: 'phoi_alert_messages_waiting', help: 'Messages about alerts that a channel has not taken yet', labelNames: ['channel'], registers: [metrics.registry],
    collect() {
      for (const [channel, count] of Object.entries(board.untold())) this.set({ channel }, count);
    },
  });
}

/** The same service, with every reception counted. Wrap it once, before DIMSE and HTTP get it. */
export function countReceptions(study: StudyService, metrics: Metrics): StudyService {
  return {
    ...study,
    async receive(part10, context, expect) {
      const { transport } = context;
      async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const chunk of part10) {
          metrics.bytes.inc({ transport }, chunk.byteLength);
          yield chunk;
        }
      }
      try {
        const outcome = await study.receive(counted(), context, expect);
        metrics.instances.inc({ transport, outcome: outcome.kind });
        return outcome;
      } catch (error) {
        metrics.instances.inc({ transport, outcome: toAppError(error).code });
        throw error;
      }
    },
  };
}
