/** Entry of `npm start`. Options: `--demo` sends a synthetic study through the running service. */
import { keepCompiled } from './compile-cache.ts';

keepCompiled();
const { runServer } = await import('./run-server.ts');
process.exit(await runServer({ demo: process.argv.slice(2).includes('--demo') }));
