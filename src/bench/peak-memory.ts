/** The most memory that this process held since the last reset, where the system tells (Linux); since its start elsewhere. */
import { readFileSync, writeFileSync } from 'node:fs';

export function resetPeakMemory(): void {
  try {
    // proc(5): 5 resets the peak resident set size.
    writeFileSync('/proc/self/clear_refs', '5');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

export function peakMemoryMiB(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return Math.round(Number(line[1]) / 1024);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
