/**
 * The index, with every write that decides something about a patient recorded: results of the AI, deliveries,
 * priorities. One place for all, whoever makes the write. The entry follows the write, so nothing is in the trail that
 * did not happen; a trail that cannot be written is logged and never stops a result.
 */
import { toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { AuditEvent } from './entry.ts';
import type { AuditTrail } from './trail.ts';

const service = { name: 'phoi', kind: 'service' } as const;

export type Recorder = (event: AuditEvent) => Promise<void>;

export function recorderOf(trail: AuditTrail, log: Log): Recorder {
  return async (event) => {
    try {
      await trail.append(event);
    } catch (error) {
      log.error({ err: toAppError(error), kind: event.kind, what: event.what }, 'An entry of the audit trail could not be written');
    }
  };
}

export function recordingIndex(index: StudyIndex, record: Recorder): StudyIndex {
  return {
    ...index,
    async addAnalysis(studyInstanceUID, analysis) {
      const before = (await index.study(studyInstanceUID))?.analysis;
      const written = await index.addAnalysis(studyInstanceUID, analysis);
      // The same job a second time, after a crash, changes nothing and is not recorded again.
      if (before?.jobId === written.jobId) return written;
      const { findings } = written;
      await record({
        kind: 'analysis-result', action: 'create', outcome: findings.status === 'analysed' ? 'success' : 'minor-failure',
        actor: service, studyInstanceUID, what: findings.reason?.code ?? findings.status,
        details: {
          jobId: written.jobId, version: written.version, modelId: findings.model.id, modelVersion: findings.model.version,
          modelSha256: findings.model.sha256, inputHash: findings.inputHash, operatingPoint: findings.operatingPoint,
          findings: findings.findings.length, objects: written.objects.map(({ role, sopInstanceUID }) => `${role} ${sopInstanceUID}`),
        },
      });
      return written;
    },
    async updateDelivery(id, change) {
      await index.updateDelivery(id, change);
      const delivery = await index.delivery(id);
      if (delivery === undefined) return;
      await record({
        kind: 'delivery', action: 'execute', outcome: change.state === 'failed' ? 'serious-failure' : change.state === 'waiting' ? 'minor-failure' : 'success',
        actor: service, studyInstanceUID: delivery.studyInstanceUID, what: change.state,
        details: { destination: delivery.destination, sopInstanceUID: delivery.sopInstanceUID, attempts: change.attempts },
      });
    },
    async supersedeDeliveries(ids) {
      const withdrawn = await index.supersedeDeliveries(ids);
      for (const id of withdrawn) {
        const delivery = await index.delivery(id);
        if (delivery === undefined) continue;
        await record({
          kind: 'delivery', action: 'execute', outcome: 'minor-failure', actor: service, studyInstanceUID: delivery.studyInstanceUID, what: 'withdrawn',
          details: { destination: delivery.destination, sopInstanceUID: delivery.sopInstanceUID, attempts: delivery.attempts },
        });
      }
      return withdrawn;
    },
    async confirmDelivery(id) {
      await index.confirmDelivery(id);
      const delivery = await index.delivery(id);
      if (delivery?.state !== 'confirmed') return;
      await record({
        kind: 'delivery', action: 'execute', outcome: 'success', actor: service, studyInstanceUID: delivery.studyInstanceUID, what: 'confirmed',
        details: { destination: delivery.destination, sopInstanceUID: delivery.sopInstanceUID },
      });
    },
    async setPriority(studyInstanceUID, priority) {
      await index.setPriority(studyInstanceUID, priority);
      await record({ kind: 'administration', action: 'update', outcome: 'success', actor: service, studyInstanceUID, what: 'priority', details: { priority } });
    },
  };
}
