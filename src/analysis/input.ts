/** What of a study an analysis reads. */

/** Storage classes of reports, presentation states, segmentations, plans and documents (PS3.4 B.5): nothing to look for nodules in. */
const documentClasses = [
  '1.2.840.10008.5.1.4.1.1.88.', '1.2.840.10008.5.1.4.1.1.11.', '1.2.840.10008.5.1.4.1.1.66.', '1.2.840.10008.5.1.4.1.1.66',
  '1.2.840.10008.5.1.4.1.1.104.', '1.2.840.10008.5.1.4.1.1.481.', '1.2.840.10008.5.1.4.1.1.67',
];

function isDocument(sopClassUID: string): boolean {
  return documentClasses.some((prefix) => (prefix.endsWith('.') ? sopClassUID.startsWith(prefix) : sopClassUID === prefix));
}

/**
 * The images; of a study without any, everything, so that it gets its "not analysed, because". A report that comes
 * after the images (from another system, or a dose report) then changes nothing of the input and starts no new analysis.
 */
export function analysisInput<T extends { readonly sopClassUID: string }>(instances: readonly T[]): readonly T[] {
  const images = instances.filter(({ sopClassUID }) => !isDocument(sopClassUID));
  return images.length > 0 ? images : instances;
}
