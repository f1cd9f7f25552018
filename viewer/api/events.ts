import type { StudyChange } from './types.ts';

export interface EventHandlers {
  /** Connected, also again after a break: what was missed is not repeated, so load anew. */
  readonly ready: () => void;
  readonly study: (change: StudyChange) => void;
  readonly connection: (connected: boolean) => void;
}

/** Listens to the server's events until the returned function is called. The browser reconnects by itself. */
export function listen(handlers: EventHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    const current = new EventSource('/api/v1/events');
    source = current;
    current.addEventListener('ready', () => {
      handlers.connection(true);
      handlers.ready();
    });
    current.addEventListener('study', (event: MessageEvent<string>) => {
      handlers.study(JSON.parse(event.data) as StudyChange);
    });
    current.addEventListener('error', () => {
      handlers.connection(false);
      // After an HTTP error the browser gives up (readyState CLOSED); a server that restarts must be found again.
      if (current.readyState === EventSource.CLOSED) timer = setTimeout(open, 3000);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
