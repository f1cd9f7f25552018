import { getSeriesMetadata, getStudy, wadoSeries } from '../api/client.ts';
import { t } from '../i18n/index.ts';
import { loadAhead } from '../rendering/ahead.ts';
import { indexOfImage, sliceImages } from '../rendering/slice-images.ts';
import { describeError } from '../ui/errors.ts';
import { toast } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { preferredSeries, type ReaderState } from './state.ts';

/** The way from one study to the next, as the worklist is set. */
export interface NextStudy {
  /** The study after this one in the list that nobody has read or reads; after the last one the first. */
  readonly find: () => Promise<string | undefined>;
  readonly open: (studyInstanceUID: string) => void;
}

/** Opens the next unread study; says so when there is none. */
export function openNextStudy(next: NextStudy): void {
  next.find().then((found) => {
    if (found === undefined) toast(t('worklist.nothingUnread'));
    else next.open(found);
  }, (error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
}

async function fetchAhead(studyInstanceUID: string, signal: AbortSignal): Promise<void> {
  const study = await getStudy(studyInstanceUID);
  const findings = study.analysis?.findings;
  const series = preferredSeries(study, findings);
  if (series === undefined || signal.aborted) return;
  const metadata = await getSeriesMetadata(studyInstanceUID, series);
  if (signal.aborted) return;
  const images = sliceImages(wadoSeries(studyInstanceUID, series), metadata);
  const ofFindings = findings?.seriesInstanceUID === series ? findings.findings.map(({ sliceInstanceUID, sliceFrameNumber }) => indexOfImage(images, sliceInstanceUID, sliceFrameNumber)) : [];
  await loadAhead({ studyInstanceUID, seriesInstanceUID: series, metadata }, images, ofFindings, signal);
}

/** Once the present series has loaded as far as it can be, the first slices of the next study are loaded too. Gives the way to stop. */
export function prepareNextStudy(store: Store<ReaderState>, next: NextStudy): () => void {
  const abort = new AbortController();
  let begun = false;
  const stop = store.watch(['isLoaded', 'images'], ({ isLoaded, images }) => {
    if (begun || images.length === 0 || !isLoaded) return;
    begun = true;
    next.find()
      .then((found) => (found === undefined || abort.signal.aborted ? undefined : fetchAhead(found, abort.signal)))
      // Only a convenience: whoever opens the study sees what is wrong with it.
      .catch(() => undefined);
  });
  return () => {
    stop();
    abort.abort();
  };
}
