import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { filesOfDrop, filesOfInput } from './upload-files.ts';
import type { Upload } from './upload.ts';

export interface UploadInputs {
  /** Hidden inputs and the drop overlay, to be put into the page. */
  readonly elements: readonly HTMLElement[];
  readonly chooseFiles: () => void;
  readonly chooseFolder: () => void;
  readonly stop: () => void;
}

function fileInput(id: string, folder: boolean, upload: Upload): HTMLInputElement {
  const input = el('input', { id, type: 'file', class: 'visually-hidden', tabIndex: -1, aria: { label: t(folder ? 'upload.folder' : 'upload.files') } });
  input.multiple = true;
  input.webkitdirectory = folder;
  input.addEventListener('change', () => {
    const files = filesOfInput(input);
    upload.start(() => Promise.resolve(files));
    input.value = '';
  });
  return input;
}

/** Files come by dropping them anywhere on the page or by two file inputs. */
export function uploadInputs(upload: Upload): UploadInputs {
  const files = fileInput('upload-files', false, upload);
  const folder = fileInput('upload-folder', true, upload);
  const overlay = el('div', { class: 'drop-overlay', hidden: true }, el('div', {}, icon('upload', 40), el('p', {}, t('upload.drop'))));
  const abort = new AbortController();
  const { signal } = abort;
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

  window.addEventListener('dragenter', (event) => { if (carriesFiles(event)) overlay.hidden = false; }, { signal });
  window.addEventListener('dragover', (event) => { if (carriesFiles(event)) event.preventDefault(); }, { signal });
  window.addEventListener('dragleave', (event) => { if (event.relatedTarget === null) overlay.hidden = true; }, { signal });
  window.addEventListener('drop', (event) => {
    overlay.hidden = true;
    if (event.dataTransfer === null || !carriesFiles(event)) return;
    event.preventDefault();
    const { dataTransfer } = event;
    upload.start((progress, stopped) => filesOfDrop(dataTransfer, progress, stopped));
  }, { signal });

  return {
    elements: [files, folder, overlay],
    chooseFiles: () => { files.click(); },
    chooseFolder: () => { folder.click(); },
    stop: () => { abort.abort(); },
  };
}
