import type { RejectReason } from '../api/review.ts';

/** In the order of the digits 1 to 9 and 0. The viewer takes only types from the server: a test holds the two lists together. */
export const rejectReasons: readonly RejectReason[] = [
  'vessel', 'lymph-node', 'scar', 'pleural', 'airway', 'artefact', 'infection', 'benign', 'duplicate', 'other',
];
