/** `phoi serve`: the service in this process, with its workers. */
import { runServer } from '../run-server.ts';
import { readArguments, type Command } from './command.ts';

export const serve: Command = {
  summary: 'starts the service: DICOM, HTTP, local workers',
  usage: [
    'phoi serve [--demo]',
    '  --demo   sends a synthetic study through the running service',
    'Settings come from phoi.config.json (or PHOI_CONFIG) and the environment; see README.md.',
  ].join('\n'),
  async run(args) {
    const { values } = readArguments(args, { demo: { type: 'boolean', default: false } });
    return runServer({ demo: values.demo });
  },
};
