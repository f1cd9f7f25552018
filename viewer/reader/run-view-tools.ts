import { t } from '../i18n/index.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { describeError } from '../ui/errors.ts';
import { toast } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { runCine } from './cine.ts';
import type { ReaderActions, ReaderState } from './state.ts';
import { slabOf } from './view-tools.ts';

/** Carries out what the view tools are set to until the returned function is called. */
export function runViewTools(store: Store<ReaderState>, actions: ReaderActions, view: () => StackView | undefined): () => void {
  const { tools } = actions;
  const stopSlab = tools.store.watch(['slabMode', 'slabMm'], (state) => {
    view()?.setSlab(slabOf(state)).catch((error: unknown) => { toast(t('action.failed', { reason: describeError(error) }), 'error'); });
  });
  const stopCine = runCine(store, actions, tools);
  return () => {
    stopSlab();
    stopCine();
  };
}
