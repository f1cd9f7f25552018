import { t } from '../i18n/index.ts';
import { el, fill } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { toast } from '../ui/notice.ts';
import { promptDialog } from '../ui/prompt.ts';
import { sameFilter, type WorklistFilter } from './filter.ts';
import { maxNameLength, maxViews, savedViews, storeViews, withView, type SavedView } from './saved-views.ts';

export interface ViewsMenu {
  readonly element: HTMLElement;
  /** Marks the view that the filter equals. */
  draw(): void;
  readonly apply: (number: number) => boolean;
}

/** Saved views as buttons with their keys, and the way to save or forget one. */
export function viewsMenu(current: () => WorklistFilter, choose: (filter: WorklistFilter) => void): ViewsMenu {
  const element = el('div', { class: 'views', role: 'group', aria: { label: t('views.title') } });

  function store(views: readonly SavedView[]): void {
    if (!storeViews(views)) toast(t('views.notKept'), 'error');
    draw();
  }

  async function save(): Promise<void> {
    const name = await promptDialog({ title: t('views.save'), label: t('views.name'), accept: t('views.saveButton'), maxLength: maxNameLength });
    if (name === undefined) return;
    const before = savedViews();
    if (before.length >= maxViews && !before.some((view) => view.name === name)) toast(t('views.full', { count: maxViews }), 'error');
    else store(withView(before, { name, filter: current() }));
  }

  function draw(): void {
    const views = savedViews();
    const chosen = views.find((view) => sameFilter(view.filter, current()));
    fill(element,
      views.map((view, at) => el('button', {
        type: 'button', class: 'chip view', data: { view: view.name }, title: `${view.name} (${String(at + 1)})`,
        aria: { pressed: view === chosen, keyshortcuts: String(at + 1) }, on: { click: () => { choose(view.filter); } },
      }, el('kbd', { aria: { hidden: true } }, at + 1), el('span', { class: 'clip' }, view.name))),
      chosen === undefined
        ? el('button', { type: 'button', class: 'button button-small', on: { click: () => { void save(); } } }, icon('bookmark', 14), t('views.save'))
        : el('button', { type: 'button', class: 'button button-small', on: { click: () => { store(savedViews().filter((view) => view.name !== chosen.name)); } } }, icon('trash', 14), t('views.forget')));
  }

  return {
    element, draw,
    apply(number) {
      const view = savedViews()[number - 1];
      if (view !== undefined) choose(view.filter);
      return view !== undefined;
    },
  };
}
