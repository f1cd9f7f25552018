/** Reading the DICOM JSON Model (PS3.18 Annex F) as it comes from WADO-RS metadata. */
export interface JsonElement {
  readonly vr?: string;
  readonly Value?: readonly unknown[];
  /** Base64. */
  readonly InlineBinary?: string;
}

export type JsonDataset = Readonly<Record<string, JsonElement | undefined>>;

export function isDataset(value: unknown): value is JsonDataset {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The numbers of an element; values that are none are left out (IS and DS may come as strings). */
export function numbersOf(dataset: JsonDataset, tag: string): readonly number[] {
  return (dataset[tag]?.Value ?? []).map((value) => (value === null || value === '' ? Number.NaN : Number(value))).filter((value) => Number.isFinite(value));
}

export function numberOf(dataset: JsonDataset, tag: string): number | undefined {
  return numbersOf(dataset, tag)[0];
}

export function textOf(dataset: JsonDataset, tag: string): string | undefined {
  const value = dataset[tag]?.Value?.[0];
  return typeof value === 'string' ? value : undefined;
}

export function itemsOf(dataset: JsonDataset, tag: string): readonly JsonDataset[] {
  return (dataset[tag]?.Value ?? []).filter(isDataset);
}
