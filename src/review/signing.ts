/**
 * From a given signature to a signed version. Its record, with the objects, comes first; then the objects into the
 * archive, their deliveries, and the closing of the review. Each may be repeated: an object that is there is a
 * duplicate, a delivery has one id, and closing twice changes nothing.
 */
import type { Finding } from '../findings/types.ts';
import type { StudyService } from '../study/port.ts';
import { acceptedFindings } from './conclude-draft.ts';
import type { ReviewStore, Signing } from './store.ts';

export interface SigningDeps {
  readonly reviews: ReviewStore;
  readonly study: Pick<StudyService, 'receive' | 'announce'>;
  /** Writes the deliveries of the objects, durably; the same again changes nothing (`src/delivery/router.ts`). */
  readonly route: (request: SignedRouting) => Promise<void>;
  readonly now: () => Date;
}

export interface SignedRouting {
  readonly studyInstanceUID: string;
  /** Roles are `review-sr`, … here: a destination can tell what was signed from what the AI says. */
  readonly objects: readonly { readonly role: string; readonly sopInstanceUID: string }[];
  /** What the reader confirmed. */
  readonly findings: readonly Pick<Finding, 'diameterMm' | 'type'>[];
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function completeSigning({ reviews, study, route, now }: SigningDeps, signing: Signing): Promise<void> {
  const { studyInstanceUID, objects } = signing;
  for (const { part10, sopInstanceUID, sopClassUID } of objects) {
    await study.receive(once(part10), { transport: 'internal' }, { sopInstanceUID, sopClassUID, studyInstanceUID });
  }
  await route({
    studyInstanceUID,
    objects: objects.map(({ role, sopInstanceUID }) => ({ role: `review-${role}`, sopInstanceUID })),
    findings: acceptedFindings(signing.draft).map(({ finding }) => finding),
  });
  await reviews.finishSigning(studyInstanceUID, now().toISOString());
  study.announce(studyInstanceUID);
}
