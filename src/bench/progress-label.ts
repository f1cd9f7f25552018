/** How far a bench is, and how long it may still take. */

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** `known`: cases that were there before. The others are taken to last as long as those that were `done` in `seconds`. */
export function progressLabel({ known, done, total, seconds }: { readonly known: number; readonly done: number; readonly total: number; readonly seconds: number }): string {
  const left = done < total ? `, ${duration(seconds / done * (total - done))} left` : '';
  return `${known + done} of ${known + total} cases${left}`;
}
