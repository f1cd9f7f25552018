import { join } from 'node:path';
import { defineConfig, type BuildEnvironmentOptions } from 'vite';

const bundling: NonNullable<BuildEnvironmentOptions['rolldownOptions']> = {
  checks: { bundlerTimings: false },
  onLog(level, log, handler) {
    // The Emscripten codecs name `fs` and `path` in branches that only run under Node.js.
    if (log.message.includes('externalized for browser compatibility')) return;
    handler(level, log);
  },
};

/**
 * The browser bundle. The worklist is the entry; the reader and with it Cornerstone and vtk.js load on demand.
 * Nothing is inlined into the page (no inline script, no data: worker), so that it runs under a strict
 * Content-Security-Policy: `script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:`.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  publicDir: join(import.meta.dirname, 'public'),
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // The polyfill would be an inline script in the page.
    modulePreload: { polyfill: false },
    // Cornerstone with vtk.js is one large chunk of the reader; test/viewer holds the budget.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: bundling,
  },
  worker: { format: 'es', rolldownOptions: bundling },
});
