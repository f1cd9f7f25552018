import { Enums, PanTool, StackScrollTool, ToolGroupManager, WindowLevelTool, ZoomTool } from '@cornerstonejs/tools';
import type { PrimaryTool } from '../types.ts';

const { MouseBindings } = Enums;

/** Each viewport has tools of its own. */
function groupOf(viewportId: string): string {
  return `phoi-${viewportId}`;
}

interface Tool {
  readonly toolName: string;
}

const tools: Readonly<Partial<Record<PrimaryTool, Tool>>> = {
  window: WindowLevelTool, pan: PanTool, zoom: ZoomTool, scroll: StackScrollTool,
};
/** Always there, whatever the left button does. */
const otherButtons: readonly { readonly tool: Tool; readonly button: Enums.MouseBindings }[] = [
  { tool: PanTool, button: MouseBindings.Auxiliary },
  { tool: ZoomTool, button: MouseBindings.Secondary },
  { tool: StackScrollTool, button: MouseBindings.Wheel },
];

function bindingsOf(tool: Tool, primary: Tool | undefined): { mouseButton: Enums.MouseBindings }[] {
  const own = otherButtons.filter((each) => each.tool === tool).map((each) => ({ mouseButton: each.button }));
  return tool === primary ? [{ mouseButton: MouseBindings.Primary }, ...own] : own;
}

/**
 * Keeps keys away from the tools: they would swallow all of them, Tab included, on a canvas that was clicked, and
 * listen on after it is gone. Call it before the element is enabled.
 */
export function keepKeysFromTools(element: HTMLElement): void {
  element.addEventListener('keydown', (event) => { event.stopImmediatePropagation(); }, { capture: true });
}

/** Gives the left button on this viewport this tool. */
export function setPrimaryTool(viewportId: string, name: PrimaryTool): void {
  const group = ToolGroupManager.getToolGroup(groupOf(viewportId));
  if (group === undefined) return;
  for (const tool of Object.values(tools)) {
    // Passive first: an active tool would keep its old bindings.
    group.setToolPassive(tool.toolName, { removeAllBindings: true });
    const bindings = bindingsOf(tool, tools[name]);
    if (bindings.length > 0) group.setToolActive(tool.toolName, { bindings });
  }
}

/** Puts the mouse tools on a viewport: left windows, middle pans, right zooms, the wheel scrolls. */
export function bindTools(viewportId: string, renderingEngineId: string): void {
  const group = ToolGroupManager.createToolGroup(groupOf(viewportId));
  if (group === undefined) throw new Error('the tool group exists already');
  for (const tool of Object.values(tools)) group.addTool(tool.toolName);
  group.addViewport(viewportId, renderingEngineId);
  setPrimaryTool(viewportId, 'window');
}

export function releaseTools(viewportId: string): void {
  ToolGroupManager.destroyToolGroup(groupOf(viewportId));
}

const reformatGroupId = 'phoi-reformat';

/** The planes across the slices keep the left button for moving the cursor; the other buttons do as usual. */
export function bindReformatTools(viewportIds: readonly string[], renderingEngineId: string): void {
  const group = ToolGroupManager.createToolGroup(reformatGroupId);
  if (group === undefined) throw new Error('the tool group of the planes exists already');
  for (const { tool, button } of otherButtons) {
    group.addTool(tool.toolName);
    group.setToolActive(tool.toolName, { bindings: [{ mouseButton: button }] });
  }
  for (const viewportId of viewportIds) group.addViewport(viewportId, renderingEngineId);
}

export function releaseReformatTools(): void {
  ToolGroupManager.destroyToolGroup(reformatGroupId);
}
