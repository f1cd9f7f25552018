/** Which forms of the result are made besides report, segmentation, presentation state and key objects. */
export type ResultLanguage = 'en' | 'vi';

export interface ResultOptions {
  /** Of pictures and documents; the report is in both languages. `both`: each of them twice, for destinations that differ. */
  readonly language: ResultLanguage | 'both';
  /** Summary and key images as pictures, for systems that show nothing else. */
  readonly secondaryCapture: boolean;
  readonly pdf: boolean;
  /** Reports for older systems: Chest CAD SR (TID 4100) and the report of TID 1500 as Enhanced SR. */
  readonly chestCadSr: boolean;
  readonly enhancedSr: boolean;
  /** The segmentation as label map (PS3.3 A.51, Sup 243) besides the binary one. */
  readonly labelmap: boolean;
}

export function languagesOf({ language }: Pick<ResultOptions, 'language'>): readonly ResultLanguage[] {
  return language === 'both' ? ['en', 'vi'] : [language];
}

/** Nothing besides. */
export const plainResults: ResultOptions = { language: 'en', secondaryCapture: false, pdf: false, chestCadSr: false, enhancedSr: false, labelmap: false };
