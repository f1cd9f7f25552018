import type { MessageKey } from '../i18n/index.ts';
import { measuringTool } from './measure-cross.ts';
import { presets } from './presets.ts';
import type { Store } from '../ui/store.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import { tools } from './toolbar.ts';
import { viewHotkeys } from './view-hotkeys.ts';

export interface Hotkey {
  /** `KeyboardEvent.key` values that trigger it. */
  readonly keys: readonly string[];
  /** Together with Ctrl (or ⌘). */
  readonly withControl?: boolean;
  readonly name: MessageKey;
  readonly run: (actions: ReaderActions) => void;
}

const far = 100_000;

/** The findings and the report. */
const reviewKeys: readonly Hotkey[] = [
  { keys: ['n'], name: 'key.nextFinding', run: (actions) => { actions.stepFinding(1); } },
  { keys: ['p'], name: 'key.previousFinding', run: (actions) => { actions.stepFinding(-1); } },
  { keys: ['a'], name: 'review.accept', run: (actions) => { actions.accept(); } },
  { keys: ['x'], name: 'review.reject', run: (actions) => { actions.reject(); } },
  { keys: ['u'], name: 'review.undecide', run: (actions) => { actions.undecide(); } },
  { keys: ['e'], name: 'review.edit', run: (actions) => { actions.startEdit(); } },
  { keys: ['k'], name: 'review.comment', run: (actions) => { actions.startComment(); } },
  { keys: ['g', 'Insert'], name: 'review.add', run: (actions) => { actions.startPlacing(); } },
  { keys: ['Delete', 'Backspace'], name: 'review.deleteChosen', run: (actions) => { actions.removeChosen(); } },
  { keys: ['j'], name: 'candidate.toggle', run: (actions) => { actions.toggleCandidates(); } },
  { keys: ['y'], name: 'aiSecond.reveal', run: (actions) => { actions.reveal(); } },
  { keys: ['z'], withControl: true, name: 'review.undo', run: (actions) => { actions.undo(); } },
  { keys: ['Z', 'y', 'Y'], withControl: true, name: 'review.redo', run: (actions) => { actions.redo(); } },
  { keys: ['S'], name: 'sign.title', run: (actions) => { actions.openSigning(); } },
];

/** OHIF's keys where OHIF has them. */
const imageKeys: readonly Hotkey[] = [
  { keys: ['ArrowDown'], name: 'key.nextSlice', run: (actions) => { actions.scroll(1); } },
  { keys: ['ArrowUp'], name: 'key.previousSlice', run: (actions) => { actions.scroll(-1); } },
  { keys: ['PageDown'], name: 'key.tenForward', run: (actions) => { actions.scroll(10); } },
  { keys: ['PageUp'], name: 'key.tenBack', run: (actions) => { actions.scroll(-10); } },
  { keys: ['Home'], name: 'key.firstSlice', run: (actions) => { actions.scroll(-far); } },
  { keys: ['End'], name: 'key.lastSlice', run: (actions) => { actions.scroll(far); } },
  ...presets.map(({ key, name, window }): Hotkey => ({ keys: [key], name, run: (actions) => { actions.setWindow(window); } })),
  { keys: ['i'], name: 'tool.invert', run: (actions) => { actions.invert(); } },
  { keys: ['+', '='], name: 'key.zoomIn', run: (actions) => { actions.zoomBy(1.2); } },
  { keys: ['-'], name: 'key.zoomOut', run: (actions) => { actions.zoomBy(1 / 1.2); } },
  { keys: ['r'], name: 'key.rotateRight', run: (actions) => { actions.rotate(90); } },
  { keys: ['l'], name: 'key.rotateLeft', run: (actions) => { actions.rotate(-90); } },
  { keys: ['h'], name: 'key.flipHorizontal', run: (actions) => { actions.flip('horizontal'); } },
  { keys: ['v'], name: 'key.flipVertical', run: (actions) => { actions.flip('vertical'); } },
  { keys: [' '], name: 'tool.reset', run: (actions) => { actions.reset(); } },
];

const toolKeys: readonly Hotkey[] = [
  { keys: ['c'], name: 'tool.planes', run: (actions) => { actions.togglePlanes(); } },
  { keys: ['o'], name: 'tool.marks', run: (actions) => { actions.toggleOverlay(); } },
  ...tools.map(({ tool, key, name }): Hotkey => ({ keys: [key], name, run: (actions) => { actions.setTool(tool); } })),
  ...viewHotkeys,
  { keys: ['?'], name: 'tool.keys', run: (actions) => { actions.showHelp(); } },
];

/** The keys of the reader as the help shows them. */
export const hotkeyGroups: readonly { readonly title: MessageKey; readonly hotkeys: readonly Hotkey[] }[] = [
  { title: 'help.review', hotkeys: reviewKeys }, { title: 'help.image', hotkeys: imageKeys }, { title: 'help.tools', hotkeys: toolKeys },
];
export const hotkeys: readonly Hotkey[] = hotkeyGroups.flatMap((group) => group.hotkeys);

/** A slider keeps only the keys that move it. */
function isTyping(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLInputElement && target.type === 'range') return /^(?:Arrow|Page|Home|End)/.test(key);
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** What Space and Enter press. */
function isPressed(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary') !== null;
}

/** Pixels that the cross goes with one key. */
const fineStep = 1;
const coarseStep = 10;

const arrows: Readonly<Record<string, readonly [columns: number, rows: number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Moves a cross where the key is an arrow. */
function stepped(event: KeyboardEvent, move: (columns: number, rows: number) => void): boolean {
  const arrow = arrows[event.key];
  if (arrow === undefined) return false;
  const step = event.shiftKey ? fineStep : coarseStep;
  move(arrow[0] * step, arrow[1] * step);
  return true;
}

/** While a finding of one's own is being put, arrows move the cross and Enter puts it; the rest stays as it is. */
function placingKey(event: KeyboardEvent, [column, row]: readonly [number, number], actions: ReaderActions): boolean {
  if (stepped(event, actions.movePlacing)) return true;
  switch (event.key) {
    case 'Enter': actions.place(column, row); return true;
    case 'Escape': actions.stopPlacing(); return true;
    default: return false;
  }
}

/** While axes are drawn by hand: arrows move the cross, Space sets an end, Enter makes the finding of what is drawn. */
function axesKey(event: KeyboardEvent, actions: ReaderActions): boolean {
  if (stepped(event, actions.stepAxis)) return true;
  switch (event.key) {
    case ' ': actions.setAxisEnd(); return true;
    case 'Enter': actions.finishAxes(); return true;
    case 'Escape': actions.stopAxes(); return true;
    default: return false;
  }
}

/** While a measure is drawn by the keys: arrows move the cross, Space or Enter sets an end. */
function measureKey(event: KeyboardEvent, actions: ReaderActions): boolean {
  if (stepped(event, actions.stepMeasure)) return true;
  switch (event.key) {
    case ' ':
    case 'Enter': actions.setMeasureEnd(); return true;
    case 'Escape': actions.stopMeasure(); return true;
    default: return false;
  }
}

/** What an unmodified key does in the mode that the reader is in; false where it has no mode of its own or the key means nothing there. */
function modeKey(event: KeyboardEvent, state: ReaderState, actions: ReaderActions): boolean {
  if (state.placing !== undefined) return placingKey(event, state.placing, actions);
  if (state.axes !== undefined) return axesKey(event, actions);
  return state.measureCross !== undefined && measureKey(event, actions);
}

/** Listens to the keys; buttons keep Space and Enter for themselves, dialogs everything. */
export function readerKeys(store: Store<ReaderState>, actions: ReaderActions): () => void {
  const listener = (event: KeyboardEvent): void => {
    const { axes, measureCross } = store.get();
    if (event.altKey || isTyping(event.target, event.key) || document.querySelector('dialog[open]') !== null) return;
    if (event.key === ' ' && axes === undefined && measureCross === undefined && isPressed(event.target)) return;
    const withControl = event.ctrlKey || event.metaKey;
    if (!withControl && modeKey(event, store.get(), actions)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    // Not where Enter presses a button.
    if (event.key === 'Enter' && !withControl && measuringTool(store.get()) !== undefined && !isPressed(event.target)) {
      event.preventDefault();
      actions.startMeasure();
      return;
    }
    const hotkey = hotkeys.find((each) => each.keys.includes(event.key) && (each.withControl ?? false) === withControl);
    if (hotkey === undefined) return;
    event.preventDefault();
    hotkey.run(actions);
  };
  // In the capture phase: a focused canvas keeps its keys to itself after that.
  document.addEventListener('keydown', listener, { capture: true });
  return () => { document.removeEventListener('keydown', listener, { capture: true }); };
}
