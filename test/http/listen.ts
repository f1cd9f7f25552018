/** A screen that listens to live events. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

export interface Listener {
  readonly response: IncomingMessage;
  readonly events: { readonly event: string; readonly data: Record<string, unknown> }[];
  close(): void;
}

/** Listens to the live events of the service at `url`. */
export async function listenTo(url: string, headers: Record<string, string> = {}): Promise<Listener> {
  const request = get(`${url}/api/v1/events`, { headers });
  const [response] = await once(request, 'response') as [IncomingMessage];
  const events: Listener['events'] = [];
  let text = '';
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(text.slice(0, end).split('\n').filter((line) => !line.startsWith(':')).map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }));
      text = text.slice(end + 2);
      const event = fields.get('event');
      if (event !== undefined) events.push({ event, data: JSON.parse(fields.get('data')!) as Record<string, unknown> });
    }
  });
  response.on('error', () => undefined);
  return { response, events, close: () => void request.destroy() };
}
