import { getBulkData, getSeriesMetadata } from '../api/client.ts';
import { isDataset } from '../dicom-json.ts';
import { t } from '../i18n/index.ts';
import { showReportDialog } from '../reader/report-dialog.ts';
import { el, fill } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice, toast } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { studyObject, type StudyObject } from './kinds.ts';
import { isShown, type ObjectOverlays } from './overlays.ts';
import { readPresentation } from './presentation.ts';
import { readSegmentation } from './segmentation.ts';

const tag = { pixelData: '7FE00010', encapsulatedDocument: '00420011' } as const;

function dialogWith(title: string): { readonly body: HTMLElement } {
  const body = el('div', { class: 'report-body' });
  const dialog = el('dialog', { class: 'dialog dialog-wide', aria: { label: title } },
    el('header', { class: 'dialog-head' }, el('h2', {}, title),
      el('button', { type: 'button', class: 'icon-button', aria: { label: t('app.close') }, on: { click: () => { dialog.close(); } } }, icon('close'))),
    body);
  dialog.addEventListener('close', () => { dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
  return { body };
}

function showPdf(studyInstanceUID: string, seriesInstanceUID: string, object: StudyObject): void {
  const { body } = dialogWith(object.title === '' ? t('objects.pdf') : object.title);
  const load = async (): Promise<void> => {
    fill(body, el('p', { class: 'loading' }, t('objects.loading')));
    try {
      const [bytes, { drawPdf }] = await Promise.all([getBulkData(studyInstanceUID, seriesInstanceUID, object.sopInstanceUID, tag.encapsulatedDocument), import('./pdf-pages.ts')]);
      const { pages, total } = await drawPdf(bytes);
      fill(body, pages.map((page, at) => {
        page.setAttribute('aria-label', t('objects.page', { number: at + 1, total }));
        return page;
      }), pages.length < total && el('p', { class: 'muted' }, t('objects.morePages', { shown: pages.length, total })));
    } catch (error) {
      fill(body, errorNotice(t('objects.failed'), error, () => { void load(); }));
    }
  };
  void load();
}

async function toggleOverlay(studyInstanceUID: string, seriesInstanceUID: string, object: StudyObject, overlays: Store<ObjectOverlays>): Promise<void> {
  const { segmentations, presentations } = overlays.get();
  if (isShown(overlays.get(), object.sopInstanceUID)) {
    overlays.set({
      segmentations: segmentations.filter((each) => each.sopInstanceUID !== object.sopInstanceUID),
      presentations: presentations.filter((each) => each.sopInstanceUID !== object.sopInstanceUID),
    });
    toast(t('objects.hidden'));
    return;
  }
  if (object.kind === 'presentation') overlays.set({ presentations: [...presentations, readPresentation(object.dataset)] });
  else {
    const bytes = await getBulkData(studyInstanceUID, seriesInstanceUID, object.sopInstanceUID, tag.pixelData);
    overlays.set({ segmentations: [...overlays.get().segmentations, readSegmentation(object.dataset, new Uint8Array(bytes))] });
  }
  toast(t('objects.shown'));
}

/** Shows what a series without images of its own holds: reports and documents in a dialog, the rest over the slices. */
export async function openObjects(studyInstanceUID: string, seriesInstanceUID: string, overlays: Store<ObjectOverlays>): Promise<void> {
  const metadata = await getSeriesMetadata(studyInstanceUID, seriesInstanceUID);
  const objects = metadata.filter(isDataset).flatMap((dataset) => studyObject(dataset) ?? []);
  const open = (object: StudyObject): void => {
    if (object.kind === 'report') showReportDialog(studyInstanceUID, object.sopInstanceUID);
    else if (object.kind === 'pdf') showPdf(studyInstanceUID, seriesInstanceUID, object);
    else if (object.kind === 'other') fill(dialogWith(t('objects.title')).body, el('p', {}, t('objects.unknown')));
    else toggleOverlay(studyInstanceUID, seriesInstanceUID, object, overlays).catch((error: unknown) => { fill(dialogWith(t('objects.title')).body, errorNotice(t('objects.failed'), error)); });
  };
  const [only] = objects;
  if (only !== undefined && objects.length === 1) {
    open(only);
    return;
  }
  const { body } = dialogWith(t('objects.title'));
  fill(body, objects.length === 0 ? el('p', {}, t('objects.unknown')) : el('ul', { class: 'object-list' }, objects.map((object, at) => el('li', {}, el('button', {
    type: 'button', class: 'button', on: { click: () => { body.closest('dialog')?.close(); open(object); } },
  }, object.title === '' ? `${t('objects.title')} ${String(at + 1)}` : object.title)))));
}
