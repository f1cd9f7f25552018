/** How much memory a process holds. */
import { readFile } from 'node:fs/promises';

const pageBytes = 4096;

/** Resident memory of a process; 0 where the system has no /proc or no such process. */
export async function residentBytes(pid: number): Promise<number> {
  const fields = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(fields.split(' ')[1] ?? 0) * pageBytes;
}
