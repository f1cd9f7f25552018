/** `phoi COMMAND …`: finds the command and turns its outcome into an exit code. */
import { version } from '../settings.ts';
import { UsageError, describeFailure, type Command, type ExitCode } from './command.ts';

/** Loaded only when asked for: `phoi send` must not load an inference runtime. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  worker: async () => (await import('./worker.ts')).worker,
  analyze: async () => (await import('./analyze.ts')).analyze,
  send: async () => (await import('./send.ts')).send,
  phantom: async () => (await import('./phantom.ts')).phantom,
  models: async () => (await import('./models.ts')).models,
  accounts: async () => (await import('./accounts.ts')).accounts,
  audit: async () => (await import('./audit.ts')).audit,
  backup: async () => (await import('./backup.ts')).backup,
  retention: async () => (await import('./retention.ts')).retention,
  restore: async () => (await import('./backup.ts')).restore,
  'support-bundle': async () => (await import('./support-bundle.ts')).supportBundle,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  bench: async () => (await import('./bench.ts')).bench,
  convert: async () => (await import('./convert.ts')).convert,
  'export-study': async () => (await import('./export-study.ts')).exportStudy,
};

async function printHelp(): Promise<void> {
  const lines = await Promise.all(Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(14)} ${(await load()).summary}`));
  console.log([
    'phoi COMMAND [options]', '', ...lines, '',
    'phoi COMMAND --help says more. Exit codes: 0 done, 1 failed, 2 called wrongly.',
    'Phoi is not a certified medical device: a radiologist decides.',
  ].join('\n'));
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === '--version') {
    console.log(version);
    return 0;
  }
  if (name === undefined || name === '--help' || name === 'help') {
    await printHelp();
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    console.error(`phoi: there is no command "${name}"; phoi --help lists them`);
    return 2;
  }
  const command = await load();
  if (rest.includes('--help')) {
    console.log(`${command.summary}\n\n${command.usage}`);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`phoi ${name}: ${error.message}\n\n${command.usage}`);
      return 2;
    }
    if (rest.includes('--json')) console.log(JSON.stringify({ error: { message: describeFailure(error) } }));
    console.error(`phoi ${name}: ${describeFailure(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
