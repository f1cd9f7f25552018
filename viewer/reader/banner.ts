import { t } from '../i18n/index.ts';
import { brandMark, disclaimer, languageSwitch } from '../ui/chrome.ts';
import { el, fill } from '../ui/dom.ts';
import { dicomDate, dicomTime, personName, sexAndAge } from '../ui/format.ts';
import { currentReader, onIdentity } from '../review/identity.ts';
import { icon } from '../ui/icons.ts';
import type { Store } from '../ui/store.ts';
import type { ReaderActions, ReaderState } from './state.ts';

/** Whose images these are, always in sight, and the sentence about what an AI result is. */
export function readerBanner(store: Store<ReaderState>, actions: ReaderActions): { readonly element: HTMLElement; readonly stop: () => void } {
  const patient = el('div', { class: 'patient' });
  const notices = el('div', { class: 'banner-notices' });
  const who = el('button', { type: 'button', class: 'button button-small reader-name', on: { click: actions.changeReader } });
  const stopIdentity = onIdentity(showReader);
  function showReader(): void {
    const reader = currentReader();
    who.title = t('identity.change');
    fill(who, icon('person'), reader === undefined ? t('identity.none') : el('span', {}, el('span', { class: 'visually-hidden' }, t('identity.is'), ' '), personName(reader.name)));
  }
  showReader();
  const back = el('a', { class: 'button', attributes: { href: '/' }, on: { click: (event) => { if (event.ctrlKey || event.metaKey) return; event.preventDefault(); actions.leave(); } } },
    icon('back'), t('worklist.title'));
  const software = el('span', { class: 'software', role: 'note', hidden: true, title: t('reader.softwareHelp') }, t('reader.software'));
  const element = el(
    'div', {},
    el('header', { class: 'topbar' }, brandMark(22), back, patient, el('div', { class: 'topbar-actions' }, who, languageSwitch())),
    el('div', { class: 'strip' }, disclaimer(), software), notices,
  );

  const stopPatient = store.watch(['study'], ({ study }) => {
    if (study === undefined) {
      fill(patient);
      return;
    }
    const item = (name: string, value: string): HTMLElement | false => value !== '' && el('span', { class: 'patient-item' }, el('span', { class: 'visually-hidden' }, name), value);
    document.title = `${personName(study.patientName)} · ${t('app.name')}`;
    fill(
      patient,
      el('strong', { class: 'patient-name' }, personName(study.patientName)),
      item(t('worklist.patientID'), study.patientID),
      item(t('worklist.sexAge'), sexAndAge(study)),
      item(t('reader.birthDate'), dicomDate(study.patientBirthDate)),
      item(t('worklist.studyDate'), [dicomDate(study.studyDate), dicomTime(study.studyTime)].filter((part) => part !== '').join(' ')),
      item(t('worklist.description'), study.studyDescription),
      item(t('reader.accession'), study.accessionNumber),
      study.priority === 'stat' && el('span', { class: 'tag tag-stat' }, t('worklist.stat')),
    );
  });
  const stopNotices = store.watch(['renderer', 'connected'], ({ renderer, connected }) => {
    fill(notices, !connected && el('div', { class: 'offline', role: 'alert' }, icon('warning'), t('app.offline')));
    software.hidden = renderer !== 'canvas';
  });
  return { element, stop: () => { stopPatient(); stopNotices(); stopIdentity(); } };
}
