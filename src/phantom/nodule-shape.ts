import type { Vec3 } from '../volume/types.ts';
import type { Capsule, Lobule, NoduleMargin, NoduleShape, NoduleType } from './types.ts';
import type { Random } from './random.ts';
import { add, cross, dot, randomDirection, randomPerpendicular, scale, smoothMax } from './vector.ts';

/** Signed distance (about mm, positive inside) of the nodule's surface, the pleural cut left out. */
export function noduleDistance(shape: NoduleShape, x: number, y: number, z: number): number {
  const dx = x - shape.centre[0];
  const dy = y - shape.centre[1];
  const dz = z - shape.centre[2];
  const far = dx * dx + dy * dy + dz * dz;
  if (far > shape.boundMm * shape.boundMm) return shape.boundMm * 0.8 - Math.sqrt(far);
  const [r0, r1, r2] = shape.rotation;
  const u = r0[0] * dx + r0[1] * dy + r0[2] * dz;
  const v = r1[0] * dx + r1[1] * dy + r1[2] * dz;
  const w = r2[0] * dx + r2[1] * dy + r2[2] * dz;
  const [rx, ry, rz] = shape.radii;
  const k0 = Math.sqrt((u / rx) ** 2 + (v / ry) ** 2 + (w / rz) ** 2);
  const k1 = Math.sqrt((u / (rx * rx)) ** 2 + (v / (ry * ry)) ** 2 + (w / (rz * rz)) ** 2);
  let f = k1 > 1e-9 ? (k0 * (1 - k0)) / k1 : Math.min(rx, ry, rz);
  const blend = 0.32 * Math.min(rx, ry, rz);
  for (const lobule of shape.lobules) {
    const d = Math.sqrt((dx - lobule.centre[0]) ** 2 + (dy - lobule.centre[1]) ** 2 + (dz - lobule.centre[2]) ** 2);
    f = smoothMax(f, lobule.radius - d, blend);
  }
  for (const ripple of shape.ripples) {
    f += ripple.amplitudeMm * Math.sin(ripple.direction[0] * dx + ripple.direction[1] * dy + ripple.direction[2] * dz + ripple.phase);
  }
  return f;
}

export interface ShapeRequest {
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly type: NoduleType;
  readonly margin: NoduleMargin;
  readonly clippedByLung: boolean;
  /** Flattened along this axis (fissure, pleura); undefined for a random orientation. */
  readonly flatAlong?: Vec3;
}

/** Draws a shape of about the asked size; the caller measures it and scales. */
export function drawShape(request: ShapeRequest, random: Random): NoduleShape {
  const r = request.diameterMm / 2;
  const flat = request.flatAlong ? random.uniform(0.55, 0.85) : random.uniform(0.76, 1);
  const w: Vec3 = request.flatAlong ?? randomDirection(random);
  const u = randomPerpendicular(w, random);
  const v = cross(w, u);
  const radii: Vec3 = [r * random.uniform(0.98, 1.2), r * random.uniform(0.86, 1), r * flat];
  const lobules: Lobule[] = [];
  const lobuleCount = request.margin === 'lobulated' ? 3 + random.integer(4) : request.margin === 'spiculated' ? 3 + random.integer(3) : 0;
  for (let n = 0; n < lobuleCount; n++) {
    const size = r * random.uniform(0.38, 0.62);
    lobules.push({ centre: scale(randomDirection(random), r * 1.18 - size * 0.62), radius: size });
  }
  const spiky = request.margin === 'spiculated';
  const rough = request.margin === 'smooth' ? 0.025 : spiky ? 0.07 : 0.035;
  const ripples = Array.from({ length: spiky ? 7 : 4 }, () => ({
    direction: scale(randomDirection(random), random.uniform(1.4, spiky ? 5.5 : 3.6) / r), phase: random.uniform(0, 6.28),
    amplitudeMm: rough * r * random.uniform(0.4, 1),
  }));
  return {
    centre: request.centre, rotation: [u, v, w], radii, lobules, ripples, clippedByLung: request.clippedByLung,
    ...density(request, r, random),
    boundMm: r * 1.6 + 1,
  };
}

function density(request: ShapeRequest, r: number, random: Random): Pick<NoduleShape, 'hu' | 'softRimMm' | 'mottleHU' | 'cores'> {
  const core = (size: number, hu: number, spread: number): NoduleShape['cores'][number] => ({
    centre: scale(randomDirection(random), r * spread * random.next()), radius: size, hu,
  });
  switch (request.type) {
    case 'solid':
      return { hu: random.uniform(-40, 85), softRimMm: 0, mottleHU: random.uniform(0, 15), cores: [] };
    case 'ground-glass':
      return { hu: random.uniform(-690, -460), softRimMm: random.uniform(0.3, 1.6), mottleHU: random.uniform(15, 60), cores: [] };
    case 'part-solid': {
      const hu = random.uniform(-80, 60);
      const size = r * random.uniform(0.24, 0.5);
      const first = core(size, hu, 0.5);
      // A solid part is a clump, not a ball.
      const clump = Array.from({ length: 2 + random.integer(3) }, () => ({
        centre: add(first.centre, scale(randomDirection(random), size * random.uniform(0.5, 1))), radius: size * random.uniform(0.45, 0.8), hu,
      }));
      const apart = r > 5 && random.chance(0.4) ? [core(r * random.uniform(0.14, 0.28), random.uniform(-120, 20), 0.7)] : [];
      return {
        hu: random.uniform(-660, -440), softRimMm: random.uniform(0.3, 1.4), mottleHU: random.uniform(15, 60), cores: [first, ...clump, ...apart],
      };
    }
    case 'calcified': {
      const whole = random.chance(0.5);
      const hu = random.uniform(280, 950);
      if (whole) return { hu, softRimMm: 0, mottleHU: random.uniform(0, 60), cores: [] };
      return { hu: random.uniform(20, 120), softRimMm: 0, mottleHU: 10, cores: [core(r * random.uniform(0.6, 0.85), hu, 0.12)] };
    }
  }
}

/** The same shape, `factor` times as large. */
export function scaleShape(shape: NoduleShape, factor: number): NoduleShape {
  return {
    ...shape,
    radii: scale(shape.radii, factor),
    lobules: shape.lobules.map((l) => ({ centre: scale(l.centre, factor), radius: l.radius * factor })),
    ripples: shape.ripples.map((r) => ({ ...r, direction: scale(r.direction, 1 / factor), amplitudeMm: r.amplitudeMm * factor })),
    cores: shape.cores.map((c) => ({ ...c, centre: scale(c.centre, factor), radius: c.radius * factor })),
    boundMm: (shape.boundMm - 1) * factor + 1,
  };
}

/** Thin strands that leave a spiculated nodule. */
export function drawSpicules(shape: NoduleShape, random: Random): Capsule[] {
  const out: Capsule[] = [];
  const r = Math.min(...shape.radii);
  const count = 12 + random.integer(14);
  for (let n = 0; n < count; n++) {
    const direction = randomDirection(random);
    let reach = r * 0.7;
    while (reach < r * 2 && noduleDistance(shape, ...add(shape.centre, scale(direction, reach))) > 0) reach += 0.3;
    const span = Math.min(r * random.uniform(0.35, 1.2), 10);
    const aside = scale(randomPerpendicular(direction, random), random.normal(0, 0.15) * span);
    const a = add(shape.centre, scale(direction, reach - 0.6));
    const b = add(add(shape.centre, scale(direction, reach + span)), aside);
    if (dot(direction, direction) === 0) continue;
    out.push({ a, b, radiusA: random.uniform(0.55, 1.1), radiusB: 0.2, hu: Math.min(shape.hu, 20), blend: 'max' });
  }
  return out;
}
