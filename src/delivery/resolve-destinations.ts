/** Declared destinations as places to send to: "back to the sender" becomes one place for each peer with an address. */
import { isIP } from 'node:net';
import type { ClientTlsFiles } from '../dimse/tls.ts';
import type { DeclaredDestination, Destination, SenderDestination } from './destination.ts';

/** A system of `dicom.peers`, as far as something can be sent to it. */
export interface PeerAddress {
  readonly aeTitle: string;
  /** Address rule of what it may call from: usable as a host when it is a single one. */
  readonly address?: string;
  readonly host?: string;
  readonly port?: number;
  readonly tls?: ClientTlsFiles;
}

/** Name of the place that stands for one sender, in deliveries and screens. */
export function senderPlace(destination: SenderDestination, aeTitle: string): string {
  return `${destination.name}/${aeTitle}`;
}

/** The host to call: as configured, or the single address that it may call from. */
export function hostOf(peer: PeerAddress): string | undefined {
  if (peer.host !== undefined) return peer.host;
  return peer.address !== undefined && (isIP(peer.address) !== 0 || peer.address === 'localhost') ? peer.address : undefined;
}

export function resolveDestinations(declared: readonly DeclaredDestination[], peers: readonly PeerAddress[]): readonly Destination[] {
  return declared.flatMap((destination): readonly Destination[] => {
    if (destination.kind !== 'sender') return [destination];
    const seen = new Set<string>();
    return peers.flatMap((peer): readonly Destination[] => {
      const host = hostOf(peer);
      if (host === undefined || peer.port === undefined || seen.has(peer.aeTitle)) return [];
      seen.add(peer.aeTitle);
      return [{
        ...destination, kind: 'dimse', name: senderPlace(destination, peer.aeTitle), host, port: peer.port, aeTitle: peer.aeTitle,
        ...(peer.tls === undefined ? {} : { tls: peer.tls }),
      }];
    });
  });
}
