/** What the decoding processes are asked and what they answer. */
import type { RenderedFrame, Window } from './window.ts';

/** Frame indices are from 0; `path` is a file of the archive. */
export type DecodeTask =
  | { readonly kind: 'frame'; readonly path: string; readonly frameIndex: number; readonly stored: boolean }
  | { readonly kind: 'render'; readonly path: string; readonly frameIndex: number; readonly window?: Window }
  | { readonly kind: 'transcode'; readonly path: string }
  /** `elementPath`: tag, or tag, item index, tag … */
  | { readonly kind: 'bulk'; readonly path: string; readonly elementPath: readonly string[] };

export interface DecodeResults {
  readonly frame: Uint8Array;
  readonly render: RenderedFrame;
  readonly transcode: Uint8Array;
  readonly bulk: Uint8Array;
}

export interface DecodeRequest {
  readonly id: number;
  readonly task: DecodeTask;
}

export type DecodeReply =
  | { readonly id: number; readonly value: Uint8Array | RenderedFrame }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };
