/** A host of its own as far as the network goes: a namespace with one cable to this host, which can be pulled. */
import { runOk } from './run.ts';

export interface NetworkNamespace {
  /** This host, as seen from the other. */
  readonly address: string;
  /** Runs a program on the other host. */
  readonly through: readonly string[];
  /** Packets vanish from now on; nobody is told. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  remove(): Promise<void>;
}

/** Undefined, with a line on stderr, where namespaces cannot be made. */
export async function makeNetworkNamespace(): Promise<NetworkNamespace | undefined> {
  const name = `phoi${process.pid}`;
  const [here, there] = [`ph${process.pid}`, `pt${process.pid}`];
  const subnet = `10.${200 + process.pid % 50}.${process.pid % 250}`;
  const ip = (...args: readonly string[]): Promise<string> => runOk('ip', args);
  try {
    await ip('netns', 'add', name);
  } catch (error) {
    if (process.env['PHOI_PEERS'] === 'required') throw error;
    process.stderr.write('SKIPPED: network namespaces cannot be made here, a cut cable is not tried\n');
    return undefined;
  }
  await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there);
  await ip('link', 'set', there, 'netns', name);
  await ip('address', 'add', `${subnet}.1/24`, 'dev', here);
  await ip('-n', name, 'address', 'add', `${subnet}.2/24`, 'dev', there);
  for (const args of [['link', 'set', here, 'up'], ['-n', name, 'link', 'set', there, 'up'], ['-n', name, 'link', 'set', 'lo', 'up']]) await ip(...args);
  return {
    address: `${subnet}.1`,
    through: ['ip', 'netns', 'exec', name],
    async cut() { await ip('link', 'set', here, 'down'); },
    async mend() { await ip('link', 'set', here, 'up'); },
    async remove() { await ip('netns', 'delete', name); },
  };
}
