/** Signs the study, says `here` before the given step of it, and stays there until it is killed. */
import { openReadingRoom, reader } from './read-study.ts';

const [folder, studyInstanceUID, revision, step] = process.argv.slice(2);
const keepAlive = setInterval(() => undefined, 1000);

async function stop(): Promise<never> {
  process.stdout.write('here\n');
  return new Promise<never>(() => undefined);
}

let received = 0;
const { review } = await openReadingRoom(folder!, (deps) => ({
  ...deps,
  study: {
    ...deps.study,
    receive(...parameters) {
      received += 1;
      return step === `object ${received}` ? stop() : deps.study.receive(...parameters);
    },
  },
  route: (request) => (step === 'deliveries' ? stop() : deps.route(request)),
  index: {
    ...deps.index,
    reviews: {
      ...deps.index.reviews,
      beginSigning: (signing) => (step === 'record' ? stop() : deps.index.reviews.beginSigning(signing)),
      finishSigning: (uid, at) => (step === 'closing' ? stop() : deps.index.reviews.finishSigning(uid, at)),
    },
  },
}));
await review.sign(studyInstanceUID!, { reader, revision: Number(revision) });
process.stdout.write('signed\n');
clearInterval(keepAlive);
