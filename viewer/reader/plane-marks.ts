import type { ReformatPlane, ReformatView } from '../rendering/reformat-view.ts';
import type { Point3, SliceImage } from '../rendering/slice-images.ts';
import { markName, type ListedFinding } from '../review/listed.ts';
import { svg } from '../ui/dom.ts';
import { maskOf, sectionOf, type Mask } from './mask-section.ts';

/** The patient axis (LPS) that each plane lies across. */
export const across = { coronal: 1, sagittal: 0 } as const;

const normals = { coronal: [0, 1, 0], sagittal: [1, 0, 0] } as const;

const masks = new WeakMap<readonly SliceImage[], WeakMap<ListedFinding['finding']['outlines'], { readonly mask: Mask | undefined }>>();

/** Made once for the outlines on these images: planes are drawn many times a second. */
function knownMask(images: readonly SliceImage[], outlines: ListedFinding['finding']['outlines']): Mask | undefined {
  const ofImages = masks.get(images) ?? new WeakMap<typeof outlines, { readonly mask: Mask | undefined }>();
  masks.set(images, ofImages);
  const known = ofImages.get(outlines) ?? { mask: maskOf(images, outlines) };
  ofImages.set(outlines, known);
  return known.mask;
}

interface Shape {
  readonly elements: readonly SVGElement[];
  readonly right: number;
  readonly top: number;
}

/** What the plane cuts of the mask; nothing where it passes the mask by. */
function section(view: ReformatView, mask: Mask, plane: ReformatPlane, point: Point3): Shape | undefined {
  const loops = sectionOf(mask, point, normals[plane]).map((loop) => loop.map((world) => view.toCanvas(world)));
  const all = loops.flat();
  if (all.length === 0) return undefined;
  return {
    elements: loops.map((loop) => svg('polygon', { class: 'mark-outline', points: loop.map((at) => at.join(',')).join(' ') })),
    right: Math.max(...all.map(([x]) => x)), top: Math.min(...all.map(([, y]) => y)),
  };
}

/** A finding without a mask, where the plane cuts a ball of its diameter. */
function circle(view: ReformatView, { worldPoint, diameterMm }: ListedFinding['finding'], axis: 0 | 1, plane: Point3): Shape | undefined {
  const radiusMm = diameterMm / 2;
  const distance = Math.abs(worldPoint[axis] - plane[axis]);
  if (distance > radiusMm) return undefined;
  const centre = view.toCanvas(worldPoint);
  const cut = Math.sqrt(radiusMm ** 2 - distance ** 2);
  const up = view.toCanvas([worldPoint[0], worldPoint[1], worldPoint[2] + cut]);
  const radius = Math.max(6, Math.hypot(up[0] - centre[0], up[1] - centre[1]));
  return { elements: [svg('circle', { class: 'mark-outline', cx: centre[0], cy: centre[1], r: radius })], right: centre[0] + radius, top: centre[1] - radius };
}

/** A finding where the plane cuts it, drawn as on the slices: dashed for the AI, solid for the reader. */
export function planeMark(view: ReformatView, listed: ListedFinding, images: readonly SliceImage[], plane: ReformatPlane, point: Point3, selected: boolean): SVGElement | undefined {
  const { finding, origin, reviewed } = listed;
  const mask = knownMask(images, finding.outlines);
  const shape = mask === undefined ? circle(view, finding, across[plane], point) : section(view, mask, plane, point);
  if (shape === undefined) return undefined;
  return svg('g', { 'class': `mark mark-${origin} mark-${reviewed?.verdict ?? 'undecided'}${selected ? ' mark-selected' : ''}`, 'data-finding': listed.label },
    ...shape.elements, svg('text', { class: 'mark-text mark-halo', x: shape.right + 4, y: shape.top }, markName(listed)));
}
