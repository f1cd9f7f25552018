/** A window in Hounsfield units. */
export interface Window {
  readonly width: number;
  readonly centre: number;
}

/** The value under the pointer. */
export interface Probe {
  readonly column: number;
  readonly row: number;
  /** Modality value: Hounsfield units for CT. */
  readonly value: number;
}
