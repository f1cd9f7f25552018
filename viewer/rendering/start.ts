import { cache, init as initCore, RenderingEngine } from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import { addTool, init as initTools, LengthTool, PanTool, StackScrollTool, WindowLevelTool, ZoomTool } from '@cornerstonejs/tools';
import { getRenderingCapabilities } from '@cornerstonejs/core/utilities/renderingCapabilities';
import type { SliceImage } from './slice-images.ts';

/** What draws the images: the graphics card, WebGL emulated in software, or plain canvas. */
export type Renderer = 'gpu' | 'software' | 'cpu';

const engineId = 'phoi';
/** Pixels of loaded slices that are kept; older ones go first. Three series of 500 slices at 512 × 512 fit. */
const cacheBytes = 800 * 1024 * 1024;
/** Uncompressed frames: the server decodes with the same codecs that the analysis read. */
const acceptFrames = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';

let started: Renderer | undefined;
let engine: RenderingEngine | undefined;

/** Sets Cornerstone up once per page and says what it renders with. */
export function startRendering(): Renderer {
  if (started !== undefined) return started;
  initCore();
  initTools();
  initLoader({
    maxWebWorkers: Math.min(4, Math.max(1, Math.floor(navigator.hardwareConcurrency / 2))),
    beforeSend: () => ({ Accept: acceptFrames }),
  });
  cache.setMaxCacheSize(cacheBytes);
  for (const tool of [WindowLevelTool, PanTool, ZoomTool, StackScrollTool, LengthTool]) addTool(tool);
  const capabilities = getRenderingCapabilities();
  started = capabilities.webgl ? (capabilities.softwareRasterizer ? 'software' : 'gpu') : 'cpu';
  return started;
}

/** The one engine of the page: each has WebGL contexts of its own, and a browser has few. */
export function renderingEngine(): RenderingEngine {
  engine ??= new RenderingEngine(engineId);
  return engine;
}

/** Makes the attributes of the images known to the loader, so that it asks the server for pixels only. */
export function registerImages(images: readonly SliceImage[]): void {
  for (const image of images) wadors.metaDataManager.add(image.imageId, { ...image.attributes } as never);
}

/** How many images of this size the cache holds with room to spare. */
export function cacheableImages(rows: number, columns: number): number {
  return Math.max(8, Math.floor((cacheBytes * 0.8) / (rows * columns * 2)));
}

export function isCached(imageId: string): boolean {
  return cache.isLoaded(imageId);
}

/** Forgets all loaded images. */
export function releaseImages(): void {
  cache.purgeCache();
  wadors.metaDataManager.purge();
}
