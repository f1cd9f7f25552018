import { send } from './client.ts';

/** Uncompressed frames: the server decodes with the same codecs that the analysis read. */
const acceptFrame = 'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1';

/** The bytes of an element of the instance that this frame belongs to (PS3.18 10.4.1.1.5). */
export async function getElementOf(frameUrl: string, elementTag: string): Promise<ArrayBuffer> {
  return (await send(frameUrl.replace(/\/frames\/\d+$/, `/bulkdata/${elementTag}`), { accept: 'application/octet-stream' })).arrayBuffer();
}

/** The cells of one frame (PS3.18 10.4.1.1.6); `frameUrl` ends in its number. */
export async function getFrame(frameUrl: string, background: boolean): Promise<ArrayBuffer> {
  return (await send(frameUrl, { accept: acceptFrame, priority: background ? 'low' : 'high' })).arrayBuffer();
}
