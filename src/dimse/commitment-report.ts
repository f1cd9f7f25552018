/** N-EVENT-REPORT of storage commitment as its receiver: answered 0000 only when what it says is durable (PS3.4 J.3.3). */
import { toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Association, Message } from './association.ts';
import { commandField } from './command-set.ts';
import { readCommitmentDataset, readCommitmentReport, type CommitmentReport } from './commitment-dataset.ts';
import { status } from './status.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from './uids.ts';

/** Takes a report in; false when the transaction is not one of ours. */
export type TakeReport = (report: CommitmentReport) => Promise<boolean>;

async function statusOf({ command, context, dataset }: Message, take: TakeReport, log: Log): Promise<number> {
  if (context.abstractSyntaxUID !== storageCommitmentSOPClass || command.affectedSOPClassUID !== storageCommitmentSOPClass) return status.noSuchSOPClass;
  if (command.affectedSOPInstanceUID !== storageCommitmentSOPInstance) return status.noSuchObjectInstance;
  if (command.eventTypeID !== 1 && command.eventTypeID !== 2) return status.noSuchEventType;
  if (!command.hasDataset) return status.invalidArgumentValue;
  try {
    const report = readCommitmentReport(await readCommitmentDataset(dataset, context.transferSyntaxUID));
    const known = await take(report);
    const facts = { transactionUID: report.transactionUID, committed: report.committed.length, failed: report.failed.length };
    if (known) log.info(facts, 'Storage commitment report received');
    else log.warn(facts, 'Storage commitment report of an unknown transaction');
    return known ? status.success : status.invalidArgumentValue;
  } catch (error) {
    const { code, message } = toAppError(error);
    log.warn({ code, reason: message }, 'Storage commitment report not taken');
    return code.startsWith('DICOM_') ? status.invalidArgumentValue : status.processingFailure;
  }
}

/** Takes the report and answers it; true when it was taken. */
export async function handleReport(association: Association, message: Message, take: TakeReport, log: Log): Promise<boolean> {
  const given = await statusOf(message, take, log);
  if (association.ended) return false;
  await association.send(message.context.id, {
    commandField: commandField.nEventReportResponse,
    affectedSOPClassUID: storageCommitmentSOPClass, affectedSOPInstanceUID: storageCommitmentSOPInstance,
    messageIDBeingRespondedTo: message.command.messageID ?? 0, eventTypeID: message.command.eventTypeID ?? 1,
    status: given, hasDataset: false,
  });
  return given === status.success;
}
