import { isSoftware } from './software-renderer.ts';
import type { Renderer } from './types.ts';

function hasGraphicsCard(): boolean {
  const context = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (context === null) return false;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = context.getParameter(names === null ? context.RENDERER : names.UNMASKED_RENDERER_WEBGL);
  // A browser keeps few contexts alive.
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return typeof name === 'string' && !isSoftware(name);
}

/** `?renderer=webgl` or `?renderer=canvas` in the address decides; else WebGL where a graphics card computes it. */
export function chooseRenderer(): Renderer {
  const asked = new URLSearchParams(location.search).get('renderer');
  if (asked === 'webgl' || asked === 'canvas') return asked;
  return hasGraphicsCard() ? 'webgl' : 'canvas';
}
