/** The curve and its band as CSV. */
import type { FrocBand } from './bootstrap.ts';
import type { FrocCurve } from './froc.ts';

/** Every step of the curve, so that any threshold can be looked up; the first threshold is `inf`. */
export function frocCsv({ fps, sens, thresholds }: FrocCurve): string {
  const lines = ['fps,sens,threshold'];
  for (let at = 0; at < fps.length; at += 1) lines.push(`${fps[at]},${sens[at]},${at === 0 ? 'inf' : thresholds[at]}`);
  return `${lines.join('\n')}\n`;
}

/** With the header of the official script, spelling included. */
export function bandCsv({ rates, mean, low, high }: FrocBand): string {
  const lines = ['FPrate,Sensivity[Mean],Sensivity[Lower bound],Sensivity[Upper bound]'];
  for (let at = 0; at < rates.length; at += 1) {
    lines.push([rates[at]!, mean[at]!, low[at]!, high[at]!].map((value) => value.toFixed(9)).join(','));
  }
  return `${lines.join('\n')}\n`;
}
