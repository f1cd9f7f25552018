/** What an object is, by its SOP class: decides how it is shown. */
import { textOf, type JsonDataset } from '../dicom-json.ts';

export type ObjectKind = 'report' | 'pdf' | 'segmentation' | 'presentation' | 'other';

const storage = '1.2.840.10008.5.1.4.1.1.';

/** PS3.4 B.5: structured reports and key object selections are one tree of content items. */
export function kindOf(sopClassUID: string): ObjectKind {
  if (sopClassUID.startsWith(`${storage}88.`)) return 'report';
  if (sopClassUID === `${storage}104.1`) return 'pdf';
  if (sopClassUID === `${storage}66.4` || sopClassUID === `${storage}66.7`) return 'segmentation';
  if (sopClassUID === `${storage}11.1`) return 'presentation';
  return 'other';
}

export interface StudyObject {
  readonly kind: ObjectKind;
  readonly sopInstanceUID: string;
  readonly title: string;
  readonly dataset: JsonDataset;
}

/** Title or label as the object gives it, whatever kind it is. */
function titleOf(dataset: JsonDataset): string {
  const concept = dataset['0040A043']?.Value?.[0] as JsonDataset | undefined;
  const meaning = concept === undefined ? undefined : textOf(concept, '00080104');
  return [textOf(dataset, '00420010'), meaning, textOf(dataset, '00700081'), textOf(dataset, '00700080'), textOf(dataset, '0008103E')].find((text) => text !== undefined && text !== '') ?? '';
}

export function studyObject(dataset: JsonDataset): StudyObject | undefined {
  const sopInstanceUID = textOf(dataset, '00080018');
  if (sopInstanceUID === undefined) return undefined;
  return { kind: kindOf(textOf(dataset, '00080016') ?? ''), sopInstanceUID, title: titleOf(dataset), dataset };
}
