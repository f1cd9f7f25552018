import { createObjectOverlays, type ObjectOverlays } from '../objects/overlays.ts';
import type { Slab, SlabMode } from '../rendering/slab-slices.ts';
import { createStore, type Store } from '../ui/store.ts';

/** What the tools beyond window and zoom are set to; it holds for every series of the study. */
export interface ViewToolState {
  readonly slabMode: SlabMode | undefined;
  readonly slabMm: number;
  readonly cine: boolean;
  /** Slices a second. */
  readonly cineRate: number;
  /** An earlier examination beside this one. */
  readonly compare: boolean;
}

/** Millimetres that the wheel and the keys step through. */
export const slabThicknesses = [3, 5, 8, 10, 15, 20, 30, 50] as const;
export const cineRates = [2, 5, 10, 15, 20, 30] as const;
const slabModes: readonly (SlabMode | undefined)[] = [undefined, 'mip', 'minip', 'average'];

export interface ViewTools {
  readonly store: Store<ViewToolState>;
  /** Segmentations and presentation states shown over the slices. */
  readonly objects: Store<ObjectOverlays>;
  readonly setSlabMode: (mode: SlabMode | undefined) => void;
  /** Off, maximum, minimum, average and off again. */
  readonly nextSlabMode: () => void;
  readonly stepThickness: (step: 1 | -1) => void;
  readonly toggleCine: () => void;
  readonly stopCine: () => void;
  readonly stepCineRate: (step: 1 | -1) => void;
  readonly toggleCompare: () => void;
}

function stepped(values: readonly number[], now: number, step: 1 | -1): number {
  const at = values.indexOf(now);
  return values[Math.min(values.length - 1, Math.max(0, at + step))] ?? now;
}

export function slabOf({ slabMode, slabMm }: ViewToolState): Slab | undefined {
  return slabMode === undefined ? undefined : { mode: slabMode, thicknessMm: slabMm };
}

export function createViewTools(): ViewTools {
  const store = createStore<ViewToolState>({ slabMode: undefined, slabMm: 10, cine: false, cineRate: 10, compare: false });
  return {
    store,
    objects: createObjectOverlays(),
    setSlabMode: (slabMode) => { store.set({ slabMode }); },
    nextSlabMode: () => { store.set({ slabMode: slabModes[(slabModes.indexOf(store.get().slabMode) + 1) % slabModes.length] }); },
    stepThickness: (step) => { store.set({ slabMm: stepped(slabThicknesses, store.get().slabMm, step) }); },
    toggleCine: () => { store.set({ cine: !store.get().cine }); },
    stopCine: () => { store.set({ cine: false }); },
    toggleCompare: () => { store.set({ compare: !store.get().compare }); },
    stepCineRate: (step) => { store.set({ cineRate: stepped(cineRates, store.get().cineRate, step) }); },
  };
}
