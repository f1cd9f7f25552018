import { t, type MessageKey } from '../i18n/index.ts';
import { keysDialog } from '../ui/keys-dialog.ts';

/** What keys do on the worklist. */
export interface WorklistCommands {
  readonly move: (step: number | 'first' | 'last' | 'page-up' | 'page-down') => void;
  readonly open: () => void;
  readonly nextUnread: () => void;
  readonly search: () => void;
  readonly toggleStat: () => void;
  readonly mainAction: () => void;
  readonly toggleOrder: () => void;
  readonly clear: () => void;
  /** False when there is no such view. */
  readonly view: (number: number) => boolean;
  readonly dashboard: () => void;
}

interface WorklistKey {
  readonly keys: readonly string[];
  readonly name: MessageKey;
  readonly shown?: readonly string[];
  /** Also while a search is typed. */
  readonly whileTyping?: boolean;
  readonly run: (commands: WorklistCommands, key: string) => boolean;
}

const done = (work: () => void): true => {
  work();
  return true;
};

const worklistKeyList: readonly WorklistKey[] = [
  { keys: ['ArrowDown'], shown: ['↓'], name: 'listKey.down', whileTyping: true, run: (commands) => done(() => { commands.move(1); }) },
  { keys: ['ArrowUp'], shown: ['↑'], name: 'listKey.up', run: (commands) => done(() => { commands.move(-1); }) },
  { keys: ['PageDown'], name: 'listKey.pageDown', run: (commands) => done(() => { commands.move('page-down'); }) },
  { keys: ['PageUp'], name: 'listKey.pageUp', run: (commands) => done(() => { commands.move('page-up'); }) },
  { keys: ['Home'], name: 'listKey.first', run: (commands) => done(() => { commands.move('first'); }) },
  { keys: ['End'], name: 'listKey.last', run: (commands) => done(() => { commands.move('last'); }) },
  { keys: ['Enter'], name: 'listKey.open', run: (commands) => done(commands.open) },
  { keys: ['n'], name: 'listKey.nextUnread', run: (commands) => done(commands.nextUnread) },
  { keys: ['s'], name: 'listKey.stat', run: (commands) => done(commands.toggleStat) },
  { keys: ['r'], name: 'listKey.main', run: (commands) => done(commands.mainAction) },
  { keys: ['/'], name: 'listKey.search', run: (commands) => done(commands.search) },
  { keys: ['x'], name: 'listKey.clear', run: (commands) => done(commands.clear) },
  { keys: ['o'], name: 'listKey.order', run: (commands) => done(commands.toggleOrder) },
  { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], shown: ['1', '…', '9'], name: 'listKey.view', run: (commands, key) => commands.view(Number(key)) },
  { keys: ['d'], name: 'listKey.dashboard', run: (commands) => done(commands.dashboard) },
];

export function showWorklistKeys(): void {
  keysDialog([...worklistKeyList.map(({ keys, shown, name }) => ({ keys: shown ?? keys, text: t(name) })), { keys: ['?'], text: t('listKey.help') }]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Enter and the like belong to a button or a link that has the focus. */
function isOwnControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary') !== null;
}

/** Listens to the keys until the returned function is called; dialogs keep theirs to themselves. */
export function worklistKeys(commands: WorklistCommands): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
    const typing = isTyping(event.target);
    if (typing && event.key === 'Escape' && event.target instanceof HTMLElement) {
      event.target.blur();
      return;
    }
    if (event.key === '?' && !typing) showWorklistKeys();
    else {
      const found = worklistKeyList.find((each) => each.keys.includes(event.key));
      if (found === undefined || (event.key === 'Enter' && isOwnControl(event.target))) return;
      if (typing && (found.whileTyping !== true || event.target instanceof HTMLSelectElement)) return;
      if (!found.run(commands, event.key)) return;
    }
    event.preventDefault();
  };
  document.addEventListener('keydown', listener);
  return () => { document.removeEventListener('keydown', listener); };
}
