/** Entry of `npm start`. Options: `--demo` sends a synthetic study through the running service. */
import { runServer } from './run-server.ts';

process.exit(await runServer({ demo: process.argv.slice(2).includes('--demo') }));
