/** Destinations as operators see them: everything of the settings but secrets. */
import type { DeclaredDestination, Destination, DestinationProfile } from './destination.ts';
import { resolveDestinations, type PeerAddress } from './resolve-destinations.ts';

export interface DestinationInfo {
  readonly name: string;
  readonly kind: DeclaredDestination['kind'];
  readonly enabled: boolean;
  /** `host:port` or the URL without user and password. */
  readonly address?: string;
  readonly aeTitle?: string;
  readonly tls: boolean;
  readonly roles?: readonly string[];
  readonly exceptRoles?: readonly string[];
  readonly language?: 'en' | 'vi';
  readonly transferSyntax: string;
  readonly confirm?: 'commitment' | 'query';
  /** Names of the rules by which it gets objects; it gets all when there are none. */
  readonly rules: readonly string[];
}

function profileOf({ name, enabled, roles, exceptRoles, language, transferSyntax, confirm, rules }: DestinationProfile): Omit<DestinationInfo, 'kind' | 'tls'> {
  return {
    name, enabled: enabled !== false, transferSyntax: transferSyntax ?? 'as-stored', rules: (rules ?? []).map((rule) => rule.name),
    ...(roles === undefined ? {} : { roles }),
    ...(exceptRoles === undefined ? {} : { exceptRoles }),
    ...(language === undefined ? {} : { language }),
    ...(confirm === undefined ? {} : { confirm: confirm.by }),
  };
}

function infoOf(place: Destination, kind: DestinationInfo['kind']): DestinationInfo {
  if (place.kind === 'dimse') return { ...profileOf(place), kind, address: `${place.host}:${place.port}`, aeTitle: place.aeTitle, tls: place.tls !== undefined };
  const url = new URL(place.url);
  url.username = '';
  url.password = '';
  url.search = '';
  return { ...profileOf(place), kind, address: url.href, tls: url.protocol === 'https:' };
}

/** One for each place; a "back to the sender" also by itself, for what cannot go back. */
export function describeDestinations(declared: readonly DeclaredDestination[], peers: readonly PeerAddress[]): readonly DestinationInfo[] {
  return declared.flatMap((destination) => {
    const places = resolveDestinations([destination], peers).map((place) => infoOf(place, destination.kind));
    return destination.kind === 'sender' ? [{ ...profileOf(destination), kind: destination.kind, tls: false }, ...places] : places;
  });
}
