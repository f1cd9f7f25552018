import type { Vec3 } from '../volume/types.ts';
import type { Lattice } from './lattice.ts';
import type { BodyPlan } from './plan.ts';
import type { Random } from './random.ts';
import type { Capsule, NoduleLocation, NoduleMargin, NoduleRequest, NoduleType, PhantomFields, PhantomOptions, PlacedNodule } from './types.ts';
import { hilum } from './anatomy.ts';
import { sampleField } from './lattice.ts';
import { drawShape, drawSpicules, scaleShape } from './nodule-shape.ts';
import { measureShape, truthOf } from './nodule-truth.ts';
import { createRandom } from './random.ts';
import { add, clamp, length, mix, randomPerpendicular, scale, squaredDistanceToSegment, subtract, unit } from './vector.ts';

interface Site { readonly centre: Vec3; readonly flatAlong?: Vec3; readonly clipped: boolean }

interface Surroundings {
  readonly plan: BodyPlan;
  readonly lattice: Lattice;
  readonly fields: PhantomFields;
  /** Those wide enough to be told from noise, 0.7 mm radius and more. */
  readonly vessels: readonly Capsule[];
  /** Lattice points inside the lung. */
  readonly inside: readonly Vec3[];
}

/** Places what the options ask for; a nodule that finds no room is left out, never forced. */
export function placeNodules(options: PhantomOptions, plan: BodyPlan, lattice: Lattice, fields: PhantomFields, vessels: readonly Capsule[]): PlacedNodule[] {
  const random = createRandom(options.seed, 'nodules');
  const wide = vessels.filter((v) => v.radiusA >= 0.7);
  const world: Surroundings = { plan, lattice, fields, vessels: wide, inside: lungPoints(lattice, fields) };
  const lungAt = (x: number, y: number, z: number): number => sampleField(lattice, fields.lung, x, y, z);
  const placed: PlacedNodule[] = [];
  for (const request of drawRequests(options, random)) {
    for (let attempt = 0, drawn = 0; attempt < 600 && drawn < 40; attempt++) {
      const site = findSite(request, world, random);
      if (!site || clearance(wide, site.centre, 1.5) < 0.35 * (request.diameterMm / 2)) continue;
      const room = placed.every((other) => length(subtract(other.shape.centre, site.centre)) > other.shape.boundMm + request.diameterMm * 0.95 + 3);
      if (!room) continue;
      drawn++;
      let shape = drawShape({ ...request, centre: site.centre, clippedByLung: site.clipped, ...(site.flatAlong ? { flatAlong: site.flatAlong } : {}) }, random);
      for (let pass = 0; pass < 3; pass++) {
        const rough = measureShape(shape, lungAt, Math.max(request.diameterMm / 20, 0.15));
        const diameter = (rough.longAxisMm + rough.shortAxisMm) / 2;
        if (diameter <= 0) break;
        shape = scaleShape(shape, clamp(request.diameterMm / diameter, 0.6, 1.6));
      }
      const measure = measureShape(shape, lungAt, clamp(request.diameterMm / 60, 0.06, 0.3));
      const diameter = (measure.longAxisMm + measure.shortAxisMm) / 2;
      if (Math.abs(diameter - request.diameterMm) > 0.06 * request.diameterMm + 0.1) continue;
      if (measure.shortAxisMm < 0.45 * measure.longAxisMm) continue;
      placed.push({
        shape, spicules: request.margin === 'spiculated' ? drawSpicules(shape, random) : [],
        truth: truthOf(measure, placed.length + 1, request),
      });
      break;
    }
  }
  return placed;
}

/** The nodules asked for, everything left open drawn from the distributions of LIDC-IDRI and LUNA16; largest first. */
export function drawRequests(options: PhantomOptions, random: Random): Required<NoduleRequest>[] {
  const [low, high] = options.diameterRangeMm ?? [3, 30];
  const asked: readonly NoduleRequest[] = typeof options.nodules === 'object'
    ? options.nodules
    : Array.from({ length: options.nodules ?? Math.min(Math.floor(-Math.log(1 - random.next()) * 2.4), 8) }, () => ({}));
  return asked.map((request) => {
    let diameterMm = request.diameterMm ?? 0;
    // LUNA16's diameters: log-normal, median 6.4 mm, a long tail.
    for (let n = 0; diameterMm < low || diameterMm > high; n++) {
      diameterMm = request.diameterMm ?? (n > 200 ? random.uniform(low, high) : Math.exp(random.normal(1.93, 0.52)));
      if (request.diameterMm !== undefined) break;
    }
    const type = request.type ?? drawType(diameterMm, random);
    const location = request.location ?? drawLocation(random);
    return { diameterMm, type, location, margin: request.margin ?? drawMargin(diameterMm, type, random) };
  }).sort((a, b) => b.diameterMm - a.diameterMm);
}

function drawType(diameterMm: number, random: Random): NoduleType {
  const u = random.next();
  if (u < 0.66 || diameterMm < 3.5) return 'solid';
  if (u < 0.8) return 'ground-glass';
  if (u < 0.91) return diameterMm >= 6 ? 'part-solid' : 'ground-glass';
  return diameterMm < 15 ? 'calcified' : 'solid';
}

function drawLocation(random: Random): NoduleLocation {
  const u = random.next();
  return u < 0.38 ? 'isolated' : u < 0.66 ? 'juxtapleural' : u < 0.84 ? 'juxtavascular' : u < 0.94 ? 'perifissural' : 'perihilar';
}

function drawMargin(diameterMm: number, type: NoduleType, random: Random): NoduleMargin {
  const u = random.next();
  if (type === 'calcified' || diameterMm < 5) return u < 0.85 ? 'smooth' : 'lobulated';
  return u < 0.5 ? 'smooth' : u < 0.78 ? 'lobulated' : 'spiculated';
}

function lungPoints(lattice: Lattice, fields: PhantomFields): Vec3[] {
  const [nx, ny] = lattice.size;
  const points: Vec3[] = [];
  for (let p = 0; p < fields.lung.length; p++) {
    if (fields.lung[p]! <= 0.5) continue;
    const i = p % nx;
    const j = Math.floor(p / nx) % ny;
    const k = Math.floor(p / (nx * ny));
    points.push([lattice.origin[0] + i * lattice.spacingMm, lattice.origin[1] + j * lattice.spacingMm, lattice.origin[2] + k * lattice.spacingMm]);
  }
  return points;
}

/** One try: a random lung point moved to where the location asks, or undefined if it does not fit there. */
function findSite(request: Required<NoduleRequest>, world: Surroundings, random: Random): Site | undefined {
  const { lattice, fields, plan } = world;
  const lungAt = (p: Vec3): number => sampleField(lattice, fields.lung, ...p);
  const r = request.diameterMm / 2;
  const start = random.pick(world.inside);
  switch (request.location) {
    case 'isolated':
    case 'perihilar': {
      const jitter: Vec3 = [start[0] + random.uniform(-1, 1), start[1] + random.uniform(-1, 1), start[2] + random.uniform(-1, 1)];
      const root = hilum(plan, jitter[0] > 0 ? 1 : -1);
      const central = length(subtract(jitter, root)) < 48;
      if (central !== (request.location === 'perihilar')) return undefined;
      if (lungAt(jitter) < Math.min(r * 1.25 + 1.5, 22) || Math.abs(fissureAt(world, jitter)) < r * 1.1) return undefined;
      return clearance(world.vessels, jitter, 0.9) > r * (request.location === 'isolated' ? 1.1 : 0.9) ? { centre: jitter, clipped: true } : undefined;
    }
    case 'juxtapleural': {
      const normal = gradient(lattice, fields.lung, start);
      let centre = start;
      const depth = r * random.uniform(0.25, 0.75);
      for (let n = 0; n < 12; n++) centre = add(centre, scale(normal, clamp(depth - lungAt(centre), -4, 4)));
      if (Math.abs(lungAt(centre) - depth) > 0.4) return undefined;
      // Enough lung behind it, so that it is no filling of a sinus.
      if (lungAt(add(centre, scale(normal, r))) < 0.9 * r + 1) return undefined;
      return clearance(world.vessels, centre, 1.5) > r ? { centre, clipped: true, flatAlong: normal } : undefined;
    }
    case 'perifissural': {
      const field = Math.abs(sampleField(lattice, fields.oblique, ...start)) < 40 || start[0] > 0 ? fields.oblique : fields.horizontal;
      const normal = gradient(lattice, field, start);
      let centre = start;
      for (let n = 0; n < 8; n++) centre = add(centre, scale(normal, clamp(-sampleField(lattice, field, ...centre), -15, 15)));
      if (Math.abs(sampleField(lattice, field, ...centre)) > 0.4 || lungAt(centre) < r + 1.5) return undefined;
      return { centre: add(centre, scale(normal, r * random.uniform(-0.45, 0.45))), clipped: true, flatAlong: normal };
    }
    case 'juxtavascular': {
      const vessel = random.pick(world.vessels);
      const radius = (vessel.radiusA + vessel.radiusB) / 2;
      if (radius < 0.7 || radius > 4 || radius > r * 1.2) return undefined;
      const on = mix(vessel.a, vessel.b, random.next());
      const aside = randomPerpendicular(unit(subtract(vessel.b, vessel.a)), random);
      const centre = add(on, scale(aside, radius + r * random.uniform(0.6, 0.98)));
      return lungAt(centre) > r * 1.2 + 1 ? { centre, clipped: true } : undefined;
    }
  }
}

const fissureAt = (world: Surroundings, p: Vec3): number => {
  const a = sampleField(world.lattice, world.fields.oblique, ...p);
  const b = sampleField(world.lattice, world.fields.horizontal, ...p);
  return Math.abs(a) < Math.abs(b) ? a : b;
};

function gradient(lattice: Lattice, field: Float32Array, p: Vec3): Vec3 {
  const h = 2;
  const at = (x: number, y: number, z: number): number => sampleField(lattice, field, p[0] + x, p[1] + y, p[2] + z);
  return unit([at(h, 0, 0) - at(-h, 0, 0), at(0, h, 0) - at(0, -h, 0), at(0, 0, h) - at(0, 0, -h)]);
}

/** Distance to the nearest vessel wall among vessels thicker than `radius`. */
function clearance(vessels: readonly Capsule[], p: Vec3, radius: number): number {
  let best = Infinity;
  for (const v of vessels) {
    if (v.radiusA < radius || Math.abs(v.a[2] - p[2]) > 60 || Math.abs(v.a[0] - p[0]) > 60) continue;
    best = Math.min(best, Math.sqrt(squaredDistanceToSegment(p, v.a, v.b)) - v.radiusA);
  }
  return best;
}
