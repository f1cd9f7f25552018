/** The files of a trail: `audit-000001.jsonl`, … one entry a line, in order. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const pattern = /^audit-(\d{6})\.jsonl$/;

export function segmentName(number: number): string {
  return `audit-${String(number).padStart(6, '0')}.jsonl`;
}

export interface Segment {
  readonly number: number;
  readonly name: string;
  readonly path: string;
}

/** Oldest first. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => {
    const match = pattern.exec(name);
    return match === null ? [] : [{ number: Number(match[1]), name, path: join(folder, name) }];
  }).sort((a, b) => a.number - b.number);
}
