/** Reports, marks and other objects without pixels to look at. */
const withoutPixels = new Set(['SR', 'PR', 'KO', 'SEG', 'REG', 'RTSTRUCT', 'DOC', 'RWV']);

/** True for what a reader can look at slice by slice. */
export function hasImages(series: { readonly modality: string }): boolean {
  return !withoutPixels.has(series.modality);
}
