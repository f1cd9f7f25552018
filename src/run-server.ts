/** The server process: settings, start, what a person needs to know, and an orderly end on a signal. */
import { flushCompileCache } from 'node:module';
import { startService, type Service } from './app.ts';
import { printableConfig } from './config.ts';
import { runDemo } from './demo.ts';
import { toAppError } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { readSettings, version } from './settings.ts';

function announce(lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** The demo in the background: the service is there for real studies meanwhile. */
function demonstrate(service: Service, to: Parameters<typeof runDemo>[0], log: Log): void {
  runDemo(to).then(async ({ studyInstanceUID, images }) => {
    announce([`  Demo: a synthetic CT of ${images} images was sent. Its result appears in the worklist.`]);
    // It is known to be all there: nobody should wait for the quiet time to look at a demo.
    await service.forceComplete(studyInstanceUID);
  }).catch((error: unknown) => {
    log.error({ err: toAppError(error) }, 'The demo study could not be sent');
    announce([`  The demo study could not be sent: ${toAppError(error).message}`]);
  });
}

/** Runs until SIGINT or SIGTERM. Returns the exit code. */
export async function runServer(options: { readonly demo: boolean }): Promise<0 | 1> {
  const config = readSettings(process.env);
  const log = createLog({ name: 'phoi', level: config.logLevel });
  log.info({ config: printableConfig(config), version, node: process.version }, 'Starting');
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
  let service;
  try {
    service = await startService(config, process.env, log);
  } catch (error) {
    const failure = toAppError(error);
    log.fatal({ err: failure }, 'The service could not start');
    announce([`phoi could not start: ${failure.message}`]);
    return 1;
  }
  announce([
    '',
    `  Phoi ${version}. Not a certified medical device: AI results are proposals, a radiologist decides.`,
    '',
    `  Worklist and reader   ${service.httpUrl}`,
    `  DICOM (C-STORE)       ${config.dicom.aeTitle} at ${config.dicom.host}:${service.dicomPort}`,
    `  DICOMweb              ${service.httpUrl}dicom-web`,
    `  Data                  ${config.dataDir}`,
    `  Local workers         ${config.workers}`,
    '',
    `  Send a study:         storescu -aec ${config.dicom.aeTitle} ${config.dicom.host} ${service.dicomPort} +sd FOLDER`,
    '',
  ]);
  log.info({ httpUrl: service.httpUrl, dicomPort: service.dicomPort }, 'Ready');
  // Not at its end, which may be a power cut in a year.
  flushCompileCache();
  if (options.demo) {
    demonstrate(service, { host: config.dicom.host, port: service.dicomPort, aeTitle: config.dicom.aeTitle }, log);
  }
  const signal = await stopped;
  log.info({ signal }, 'Stopping');
  await service.close();
  log.info('Stopped');
  return 0;
}
