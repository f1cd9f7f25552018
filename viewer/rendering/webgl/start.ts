import { cache, init as initCore, RenderingEngine } from '@cornerstonejs/core';
import { addTool, init as initTools, PanTool, StackScrollTool, WindowLevelTool, ZoomTool } from '@cornerstonejs/tools';
import { provideSlices } from './slice-provider.ts';

const engineId = 'phoi';
/** Cornerstone's images share the pixels of ours: they take no memory of their own while ours are kept. */
const cacheBytes = 800 * 1024 * 1024;

let engine: RenderingEngine | undefined;

/** The one engine of the page: each has WebGL contexts of its own, and a browser has few. */
export function renderingEngine(): RenderingEngine {
  if (engine !== undefined) return engine;
  initCore();
  initTools();
  provideSlices();
  cache.setMaxCacheSize(cacheBytes);
  for (const tool of [WindowLevelTool, PanTool, ZoomTool, StackScrollTool]) addTool(tool);
  engine = new RenderingEngine(engineId);
  return engine;
}
