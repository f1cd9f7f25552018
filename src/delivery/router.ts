/**
 * Which object goes where: for a study and its new objects, the deliveries to every destination whose profile and
 * rules want them. Repeating it after a crash changes nothing.
 */
import { createHash } from 'node:crypto';
import type { Dataset } from '../dicom/dataset.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import { holds, type RoutingFacts } from './condition.ts';
import type { DeclaredDestination, DestinationProfile, SenderDestination } from './destination.ts';
import { resolveDestinations, senderPlace, type PeerAddress } from './resolve-destinations.ts';
import { isAmong } from './roles.ts';

export interface RoutedObject {
  /** sr, seg, pr, ko, sc, …: whatever the writer of the object calls it; review-sr, … of what was signed. */
  readonly role: string;
  readonly sopInstanceUID: string;
  /** Where the object exists in several languages. */
  readonly language?: 'en' | 'vi';
}

export interface RoutingRequest {
  readonly studyInstanceUID: string;
  readonly objects: readonly RoutedObject[];
  /** Present when the study was analysed or read, an empty list included; absent when it was not. */
  readonly findings?: RoutingFacts['findings'];
  /** The series that was analysed. */
  readonly seriesInstanceUID?: string;
}

export interface Router {
  /** Writes the deliveries, durably, and wakes whoever sends them. */
  readonly route: (request: RoutingRequest) => Promise<void>;
}

export interface RouterDeps {
  readonly index: Pick<StudyIndex, 'addDelivery' | 'sources' | 'summaries' | 'instance' | 'worklistItem'>;
  readonly destinations: readonly DeclaredDestination[];
  readonly peers: readonly PeerAddress[];
  readonly onDeliveries: () => void;
  readonly log: Log;
}

/** The same object to the same place is the same delivery. */
export function deliveryId(place: string, sopInstanceUID: string): string {
  return createHash('sha256').update(`${place}\n${sopInstanceUID}`).digest('hex').slice(0, 32);
}

/** The rule by which the destination gets the object; `true` when it has no rules; undefined when it does not get it. */
export function ruleFor(destination: DestinationProfile, object: RoutedObject, facts: RoutingFacts): string | true | undefined {
  const { roles, exceptRoles, language, rules } = destination;
  if (roles !== undefined && !isAmong(object.role, roles)) return undefined;
  if (exceptRoles !== undefined && isAmong(object.role, exceptRoles)) return undefined;
  if (language !== undefined && object.language !== undefined && object.language !== language) return undefined;
  if (rules === undefined) return true;
  return rules.find((rule) => (rule.roles === undefined || isAmong(object.role, rule.roles)) && holds(rule.when, facts))?.name;
}

interface Place {
  readonly name: string;
  readonly failure?: { readonly code: string; readonly message: string; readonly final: boolean };
}

export function createRouter(deps: RouterDeps): Router {
  const { index, destinations, peers, log } = deps;
  const configured = new Set(resolveDestinations(destinations, peers).map(({ name }) => name));
  const needsFacts = destinations.some(({ rules }) => rules !== undefined);

  /** One header of each series that counts. */
  async function headersOf({ studyInstanceUID, seriesInstanceUID }: RoutingRequest): Promise<readonly Dataset[]> {
    const firstOfSeries = new Map<string, string>();
    for (const summary of await index.summaries(studyInstanceUID)) {
      if (summary.own || (seriesInstanceUID !== undefined && summary.seriesInstanceUID !== seriesInstanceUID)) continue;
      if (!firstOfSeries.has(summary.seriesInstanceUID)) firstOfSeries.set(summary.seriesInstanceUID, summary.sopInstanceUID);
    }
    const records = await Promise.all([...firstOfSeries.values()].map((uid) => index.instance(uid)));
    return records.flatMap((record) => (record === undefined ? [] : [record.header]));
  }

  async function factsOf(request: RoutingRequest, sendingAETitles: readonly string[]): Promise<RoutingFacts> {
    const [headers, item] = needsFacts ? await Promise.all([headersOf(request), index.worklistItem(request.studyInstanceUID)]) : [[], undefined];
    return { headers, sendingAETitles, priority: item?.priority ?? 'routine', ...(request.findings === undefined ? {} : { findings: request.findings }) };
  }

  function sendersOf(destination: SenderDestination, sendingAETitles: readonly string[]): readonly Place[] {
    if (sendingAETitles.length === 0) {
      return [{ name: destination.name, failure: { code: 'DELIVERY_SENDER_UNKNOWN', message: 'The images did not come by DIMSE, so no AE title is known to send back to', final: true } }];
    }
    return sendingAETitles.map((aeTitle) => {
      const name = senderPlace(destination, aeTitle);
      if (configured.has(name)) return { name };
      return { name, failure: { code: 'DELIVERY_SENDER_UNKNOWN', message: `dicom.peers has no host and port for ${aeTitle}`, final: false } };
    });
  }

  function placesOf(destination: DeclaredDestination, sendingAETitles: readonly string[]): readonly Place[] {
    const places = destination.kind === 'sender' ? sendersOf(destination, sendingAETitles) : [{ name: destination.name }];
    if (destination.enabled !== false) return places;
    const failure = { code: 'DELIVERY_DESTINATION_DISABLED', message: 'The destination is switched off', final: false };
    return places.map((place) => ({ failure, ...place }));
  }

  return {
    async route(request) {
      const { studyInstanceUID, objects } = request;
      const sendingAETitles = [...new Set((await index.sources(studyInstanceUID)).flatMap(({ callingAETitle }) => (callingAETitle === undefined ? [] : [callingAETitle])))];
      const facts = await factsOf(request, sendingAETitles);
      for (const destination of destinations) {
        const wanted = objects.flatMap((object) => {
          const rule = ruleFor(destination, object, facts);
          return rule === undefined ? [] : [{ object, rule }];
        });
        for (const place of placesOf(destination, sendingAETitles)) {
          for (const { object: { role, sopInstanceUID } } of wanted) {
            await index.addDelivery({ id: deliveryId(place.name, sopInstanceUID), studyInstanceUID, sopInstanceUID, destination: place.name, role, ...(place.failure === undefined ? {} : { failure: place.failure }) });
          }
          const rules = [...new Set(wanted.flatMap(({ rule }) => (rule === true ? [] : [rule])))];
          if (destination.rules !== undefined || place.failure !== undefined) {
            log.info({ studyInstanceUID, destination: place.name, objects: wanted.length, rules, held: place.failure?.code }, 'Objects routed');
          }
        }
      }
      deps.onDeliveries();
    },
  };
}
