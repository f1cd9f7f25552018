/** Where a bitmap lies on a canvas: pure arithmetic, lengths on the canvas in CSS pixels. */

/** A bitmap of pixels with a size in the patient. Its coordinates run from (0,0), a corner, to (columns, rows). */
export interface Bitmap {
  readonly columns: number;
  readonly rows: number;
  readonly columnSpacingMm: number;
  readonly rowSpacingMm: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Placement {
  /** Bitmap coordinates of what is in the middle of the canvas. */
  readonly centre: readonly [x: number, y: number];
  /** 1: the whole bitmap is just in sight. */
  readonly zoom: number;
  /** Clockwise, degrees; before the flips. */
  readonly rotation: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
}

/** x' = a x + c y + e, y' = b x + d y + f, as CSS and SVG have it. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The whole bitmap, upright. */
export function fitted({ columns, rows }: Bitmap): Placement {
  return { centre: [columns / 2, rows / 2], zoom: 1, rotation: 0, flipHorizontal: false, flipVertical: false };
}

/** CSS pixels per millimetre at which the whole bitmap is just in sight, turned by the placement's rotation. */
export function fitScale(bitmap: Bitmap, canvas: Size, rotation: number): number {
  const [width, height] = [bitmap.columns * bitmap.columnSpacingMm, bitmap.rows * bitmap.rowSpacingMm];
  const [cosine, sine] = [Math.abs(Math.cos(rotation * Math.PI / 180)), Math.abs(Math.sin(rotation * Math.PI / 180))];
  return Math.min(canvas.width / (width * cosine + height * sine), canvas.height / (width * sine + height * cosine));
}

/** From bitmap coordinates to the canvas. */
export function matrixOf(placement: Placement, bitmap: Bitmap, canvas: Size): Matrix {
  const scale = fitScale(bitmap, canvas, placement.rotation) * placement.zoom;
  const [cosine, sine] = [Math.cos(placement.rotation * Math.PI / 180), Math.sin(placement.rotation * Math.PI / 180)];
  const [horizontal, vertical] = [placement.flipHorizontal ? -1 : 1, placement.flipVertical ? -1 : 1];
  const [sx, sy] = [scale * bitmap.columnSpacingMm, scale * bitmap.rowSpacingMm];
  const [a, b, c, d] = [horizontal * cosine * sx, vertical * sine * sx, -horizontal * sine * sy, vertical * cosine * sy];
  const [x, y] = placement.centre;
  return [a, b, c, d, canvas.width / 2 - a * x - c * y, canvas.height / 2 - b * x - d * y];
}

export function apply([a, b, c, d, e, f]: Matrix, x: number, y: number): readonly [number, number] {
  return [a * x + c * y + e, b * x + d * y + f];
}

export function inverse([a, b, c, d, e, f]: Matrix): Matrix {
  const determinant = a * d - b * c;
  return [d / determinant, -b / determinant, -c / determinant, a / determinant, (c * f - d * e) / determinant, (b * e - a * f) / determinant];
}

const [leastZoom, mostZoom] = [0.25, 20] as const;

/** Magnified about a point of the canvas, which stays where it is. */
export function zoomed(placement: Placement, factor: number, bitmap: Bitmap, canvas: Size, [x, y]: readonly [number, number]): Placement {
  const zoom = Math.min(mostZoom, Math.max(leastZoom, placement.zoom * factor));
  const [atX, atY] = apply(inverse(matrixOf(placement, bitmap, canvas)), x, y);
  const share = placement.zoom / zoom;
  return { ...placement, zoom, centre: [atX + (placement.centre[0] - atX) * share, atY + (placement.centre[1] - atY) * share] };
}

/** Moved by so much on the canvas. */
export function moved(placement: Placement, dx: number, dy: number, bitmap: Bitmap, canvas: Size): Placement {
  const back = inverse(matrixOf(placement, bitmap, canvas));
  return { ...placement, centre: apply(back, canvas.width / 2 - dx, canvas.height / 2 - dy) };
}

/** Turned clockwise as it is seen. */
export function turned(placement: Placement, degrees: number): Placement {
  const clockwise = placement.flipHorizontal === placement.flipVertical ? degrees : -degrees;
  return { ...placement, rotation: (placement.rotation + clockwise + 360) % 360 };
}
