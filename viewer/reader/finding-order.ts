import type { Finding } from '../api/types.ts';

type Ordered = Pick<Finding, 'diameterMm' | 'worldPoint'>;

/** By what the list of findings and the keys n and p go; the number of a finding never changes. */
export type FindingOrder = 'number' | 'size' | 'slice';

export const findingOrders: readonly FindingOrder[] = ['number', 'size', 'slice'];

/** Indices into `findings` in the order of the list: as the model ranks them, largest first, or head to feet. */
export function orderOfFindings(findings: readonly Ordered[], order: FindingOrder): readonly number[] {
  const indices = findings.map((_, index) => index);
  const by = (value: (finding: Ordered) => number): readonly number[] => indices.toSorted((a, b) => {
    const [first, second] = [findings[a], findings[b]];
    return first === undefined || second === undefined ? 0 : value(second) - value(first) || a - b;
  });
  if (order === 'size') return by((finding) => finding.diameterMm);
  if (order === 'slice') return by((finding) => finding.worldPoint[2]);
  return indices;
}

/** The finding `step` places on from `selected`, round the ends; the first or last when none is selected. */
export function nextFinding(order: readonly number[], selected: number | undefined, step: 1 | -1): number | undefined {
  if (order.length === 0) return undefined;
  const at = selected === undefined ? -1 : order.indexOf(selected);
  if (at < 0) return order.at(step > 0 ? 0 : -1);
  return order[(at + step + order.length) % order.length];
}
