import { language, languages, setLanguage, t } from '../i18n/index.ts';
import { el, svg } from './dom.ts';

/** The two lungs of the product's mark. */
export function brandMark(size = 26): SVGElement {
  const lung = (d: string): SVGElement => svg('path', { d, fill: 'var(--accent)' });
  return svg(
    'svg', { viewBox: '0 0 32 32', width: size, height: size, 'aria-hidden': 'true' },
    lung('M14 5v9c-1 1-2 1-3 2-4 3-6.500 6-6.500 9.500C4.500 28 5.500 29 8 29c4 0 6-2.500 6-7z'),
    lung('M18 5v9c1 1 2 1 3 2 4 3 6.500 6 6.500 9.500 0 2.500-1 3.500-3.500 3.500-4 0-6-2.500-6-7z'),
    svg('circle', { cx: 22.5, cy: 22, r: 2.4, fill: 'var(--surface-0)' }),
  );
}

/** Chooses the language of the whole page. */
export function languageSwitch(): HTMLElement {
  return el(
    'div', { class: 'language', role: 'group', aria: { label: t('app.language') } },
    languages.map(({ code, name }) => el('button', {
      type: 'button', class: 'language-choice', aria: { pressed: code === language() }, attributes: { lang: code, 'data-language': code },
      on: { click: () => {
        setLanguage(code);
        // The page was drawn anew; the focus stays where it was for the user.
        document.querySelector<HTMLElement>(`[data-language="${code}"]`)?.focus();
      } },
    }, name)),
  );
}

/** The sentence that stands wherever results are shown. */
export function disclaimer(): HTMLElement {
  return el('p', { class: 'disclaimer', role: 'note' }, t('app.disclaimer'));
}
