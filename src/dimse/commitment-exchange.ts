/** Storage commitment on one association: the N-ACTION in, and the N-EVENT-REPORT out while the association is open. */
import { AppError, toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Association, Message } from './association.ts';
import { commandField, type CommandSet } from './command-set.ts';
import { readCommitmentDataset, readCommitmentRequest } from './commitment-dataset.ts';
import type { CommitmentService, CommitmentSession } from './commitment-service.ts';
import { status } from './status.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from './uids.ts';

export interface CommitmentExchange {
  /** Takes a request and answers it. */
  action(message: Message): Promise<void>;
  /** The requester's answer to a report. */
  reportAnswered(command: CommandSet): void;
  ended(): void;
}

/** A requester that keeps its association open but never answers a report gets it again on a new one. */
const reportAnswerMs = 60_000;

/** Why a request is answered with a failure right away (PS3.7 10.1.4.1.10). */
function refusal(command: CommandSet): number | undefined {
  if (command.requestedSOPClassUID !== storageCommitmentSOPClass) return status.noSuchSOPClass;
  if (command.requestedSOPInstanceUID !== storageCommitmentSOPInstance) return status.noSuchObjectInstance;
  if (command.actionTypeID !== 1) return status.noSuchActionType;
  return command.hasDataset ? undefined : status.invalidArgumentValue;
}

export function createCommitmentExchange(
  association: Association, service: CommitmentService, peer: { readonly callingAETitle: string; readonly remoteAddress: string }, log: Log,
): CommitmentExchange {
  const waiting = new Map<number, { resolve(status: number): void; reject(error: AppError): void; timer: NodeJS.Timeout }>();
  let nextMessageID = 1;
  let over = false;

  function sessionOn(contextId: number, transferSyntaxUID: string): CommitmentSession {
    return {
      ...peer,
      get open() {
        return !over && !association.ended;
      },
      async report(command, encode) {
        const messageID = nextMessageID;
        nextMessageID = nextMessageID % 0xffff + 1;
        const answer = new Promise<number>((resolve, reject) => {
          const timer = setTimeout(() => {
            waiting.delete(messageID);
            reject(new AppError('DIMSE_TIMEOUT', 'The requester did not answer the report'));
          }, reportAnswerMs);
          waiting.set(messageID, { resolve, reject, timer });
        });
        // Awaited only after the sending, which may fail first; that failure is the one to report then.
        answer.catch(() => undefined);
        await association.send(contextId, { ...command, messageID }, [encode(transferSyntaxUID)]);
        return answer;
      },
    };
  }

  async function take(message: Message): Promise<number> {
    const refused = refusal(message.command);
    if (refused !== undefined) return refused;
    try {
      const commitment = readCommitmentRequest(await readCommitmentDataset(message.dataset, message.context.transferSyntaxUID));
      await service.accept(commitment, sessionOn(message.context.id, message.context.transferSyntaxUID));
      log.info({ transactionUID: commitment.transactionUID, references: commitment.references.length }, 'Storage commitment requested');
      return status.success;
    } catch (error) {
      const known = toAppError(error);
      log.warn({ code: known.code, reason: known.message }, 'Storage commitment request refused');
      return known.code.startsWith('DICOM_') ? status.invalidArgumentValue : status.processingFailure;
    }
  }

  return {
    async action(message) {
      const { command, context } = message;
      const given = await take(message);
      if (association.ended) return;
      await association.send(context.id, {
        commandField: commandField.nActionResponse,
        affectedSOPClassUID: command.requestedSOPClassUID ?? storageCommitmentSOPClass,
        affectedSOPInstanceUID: command.requestedSOPInstanceUID ?? storageCommitmentSOPInstance,
        messageIDBeingRespondedTo: command.messageID ?? 0,
        actionTypeID: command.actionTypeID ?? 1,
        status: given, hasDataset: false,
      });
    },
    reportAnswered(command) {
      const report = waiting.get(command.messageIDBeingRespondedTo ?? -1);
      if (report === undefined) return;
      waiting.delete(command.messageIDBeingRespondedTo!);
      clearTimeout(report.timer);
      report.resolve(command.status ?? -1);
    },
    ended() {
      over = true;
      for (const report of waiting.values()) {
        clearTimeout(report.timer);
        report.reject(new AppError('DIMSE_PEER_ABORTED', 'The requester ended its association before it answered the report'));
      }
      waiting.clear();
    },
  };
}
