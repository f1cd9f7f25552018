/** Names of people as DICOM takes them. */

const longest = 64;

/**
 * A person name in its one-string form (PS3.5 6.2, PN), alphabetic group: component separators stay as given, so that
 * `Nguyễn^Văn An` keeps its parts; what would end the group or the value becomes a space. Never empty.
 */
export function personName(name: string, otherwise: string): string {
  const clean = (value: string): string => value.replace(/[\p{Cc}\\=]+/gu, ' ').replace(/ {2,}/gu, ' ').trim();
  const first = clean(name) === '' ? clean(otherwise) : clean(name);
  const components = first.split('^').slice(0, 5).join('^');
  return Array.from(components).slice(0, longest).join('').trim() || 'unknown';
}
