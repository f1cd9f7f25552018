import type { DeliveryRecord } from '../api/types.ts';
import { plural, t } from '../i18n/index.ts';
import { el } from './dom.ts';
import { describeCode } from './errors.ts';
import { moment } from './format.ts';

/** These wait for the settings to change, not for a time. */
const held = new Set(['DELIVERY_DESTINATION_UNKNOWN', 'DELIVERY_DESTINATION_DISABLED', 'DELIVERY_SENDER_UNKNOWN']);

/** What happened so far, in the reader's language; the words of the other system are in the tooltip. */
function detailOf(record: DeliveryRecord): readonly string[] {
  const { state, lastErrorCode, nextAttemptAt } = record;
  const isHeld = lastErrorCode !== undefined && held.has(lastErrorCode);
  return [
    state === 'sent' || state === 'confirmed' ? moment(record.confirmedAt ?? record.sentAt ?? record.updatedAt) : isHeld ? '' : plural('delivery.attempts', record.attempts),
    lastErrorCode === undefined ? record.lastError ?? '' : describeCode(lastErrorCode, record.lastError),
    state === 'waiting' && nextAttemptAt !== undefined && lastErrorCode !== undefined && !isHeld ? t('delivery.next', { time: moment(nextAttemptAt) }) : '',
  ].filter((part) => part !== '');
}

/** Where an object went, or why not yet. */
export function deliveryLine(record: DeliveryRecord, resend: (id: string) => void): HTMLElement {
  return el(
    'li', { class: `delivery delivery-${record.state}` },
    el('span', { class: 'delivery-destination' }, record.destination),
    el('span', { class: 'delivery-state' }, t(`delivery.${record.state}`)),
    el('span', { class: 'delivery-detail muted', title: record.lastError ?? '' }, detailOf(record).join(' · ')),
    record.state === 'failed' && el('button', { type: 'button', class: 'button button-small', on: { click: () => { resend(record.id); } } }, t('delivery.resend')),
  );
}
