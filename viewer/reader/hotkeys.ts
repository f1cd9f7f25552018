import type { MessageKey } from '../i18n/index.ts';
import { presets } from './presets.ts';
import type { ReaderActions } from './state.ts';
import { tools } from './toolbar.ts';

export interface Hotkey {
  /** `KeyboardEvent.key` values that trigger it. */
  readonly keys: readonly string[];
  readonly name: MessageKey;
  readonly run: (actions: ReaderActions) => void;
}

const far = 100_000;

/** The keys of the reader: OHIF's where OHIF has them, n and p for the findings, o for the marks. */
export const hotkeys: readonly Hotkey[] = [
  { keys: ['ArrowDown'], name: 'key.nextSlice', run: (actions) => { actions.scroll(1); } },
  { keys: ['ArrowUp'], name: 'key.previousSlice', run: (actions) => { actions.scroll(-1); } },
  { keys: ['PageDown'], name: 'key.tenForward', run: (actions) => { actions.scroll(10); } },
  { keys: ['PageUp'], name: 'key.tenBack', run: (actions) => { actions.scroll(-10); } },
  { keys: ['Home'], name: 'key.firstSlice', run: (actions) => { actions.scroll(-far); } },
  { keys: ['End'], name: 'key.lastSlice', run: (actions) => { actions.scroll(far); } },
  { keys: ['n'], name: 'key.nextFinding', run: (actions) => { actions.stepFinding(1); } },
  { keys: ['p'], name: 'key.previousFinding', run: (actions) => { actions.stepFinding(-1); } },
  { keys: ['c'], name: 'tool.planes', run: (actions) => { actions.togglePlanes(); } },
  { keys: ['o'], name: 'tool.marks', run: (actions) => { actions.toggleOverlay(); } },
  ...presets.map(({ key, name, window }): Hotkey => ({ keys: [key], name, run: (actions) => { actions.setWindow(window); } })),
  { keys: ['i'], name: 'tool.invert', run: (actions) => { actions.invert(); } },
  { keys: ['+', '='], name: 'key.zoomIn', run: (actions) => { actions.zoomBy(1.2); } },
  { keys: ['-'], name: 'key.zoomOut', run: (actions) => { actions.zoomBy(1 / 1.2); } },
  { keys: ['r'], name: 'key.rotateRight', run: (actions) => { actions.rotate(90); } },
  { keys: ['l'], name: 'key.rotateLeft', run: (actions) => { actions.rotate(-90); } },
  { keys: ['h'], name: 'key.flipHorizontal', run: (actions) => { actions.flip('horizontal'); } },
  { keys: ['v'], name: 'key.flipVertical', run: (actions) => { actions.flip('vertical'); } },
  { keys: [' '], name: 'tool.reset', run: (actions) => { actions.reset(); } },
  ...tools.map(({ tool, key, name }): Hotkey => ({ keys: [key], name, run: (actions) => { actions.setTool(tool); } })),
  { keys: ['?'], name: 'tool.keys', run: (actions) => { actions.showHelp(); } },
];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Listens to the keys; buttons keep Space and Enter for themselves, dialogs everything. */
export function readerKeys(actions: ReaderActions): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
    if (event.key === ' ' && event.target instanceof HTMLElement && event.target.closest('button, a, summary') !== null) return;
    const hotkey = hotkeys.find((each) => each.keys.includes(event.key));
    if (hotkey === undefined) return;
    event.preventDefault();
    hotkey.run(actions);
  };
  // In the capture phase: a focused canvas keeps its keys to itself after that.
  document.addEventListener('keydown', listener, { capture: true });
  return () => { document.removeEventListener('keydown', listener, { capture: true }); };
}
