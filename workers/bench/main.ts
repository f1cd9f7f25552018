/** A worker process of `phoi bench`: analyses cases until the bench ends. One that crashes takes its case alone with it. */
import { toAppError } from '../../src/errors.ts';
import { openCase, type CaseInput } from '../../src/bench/case-input.ts';
import type { FromWorker, ToWorker, WorkerSettings } from '../../src/bench/messages.ts';
import { drawPicture } from '../../src/bench/pictures.ts';
import { failedResult, runCase } from '../../src/bench/run-case.ts';
import { loadPipeline, type ModelPipeline } from '../../src/inference/registry.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const models = new Map<string, Promise<ModelPipeline>>();

function say(message: FromWorker): void {
  process.send?.(message);
}

function modelOf(id: string): Promise<ModelPipeline> {
  const known = models.get(id);
  if (known) return known;
  // The bench has run the test vectors before it started the workers.
  const loading = loadPipeline(settings.modelsDir, id, { threads: settings.threads, verify: false });
  models.set(id, loading);
  return loading;
}

async function analyse(number: number, job: Extract<ToWorker['job'], { kind: 'analyse' }>): Promise<void> {
  let input: CaseInput | undefined;
  const open = (): CaseInput => (input ??= openCase(job.source));
  for (const { id, key } of job.models) {
    let result;
    try {
      result = await runCase(key, open, await modelOf(id), settings.threads);
    } catch (error) {
      result = failedResult(key, error);
    }
    say({ kind: 'result', number, modelId: id, result });
  }
}

async function draw(number: number, job: Extract<ToWorker['job'], { kind: 'pictures' }>): Promise<void> {
  const pictures: (string | null)[] = [];
  try {
    const volume = await openCase(job.source).volume(job.accepts);
    for (const request of job.pictures) pictures.push(await drawPicture(volume, request));
  } catch (error) {
    // A report without a picture is still a report; the code says what was wrong.
    process.stderr.write(`a picture could not be made: ${toAppError(error).code}\n`);
    while (pictures.length < job.pictures.length) pictures.push(null);
  }
  say({ kind: 'pictures', number, pictures });
}

process.on('message', ({ number, job }: ToWorker) => {
  void (job.kind === 'analyse' ? analyse(number, job) : draw(number, job)).then(() => say({ kind: 'done', number }));
});
process.once('disconnect', () => { process.exit(0); });
