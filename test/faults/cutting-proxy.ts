/** A TCP relay that can cut every connection at once, as a switch that restarts does. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly port: number;
  /** Resets all connections that are open now. Returns how many there were. */
  cut(): number;
  close(): Promise<void>;
}

export async function startCuttingProxy(targetPort: () => number, host = '127.0.0.1'): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(targetPort(), '127.0.0.1');
    for (const [socket, other] of [[from, to], [to, from]] as const) {
      open.add(socket);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      // A cut connection is the purpose; whoever speaks over it hears of it.
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  }).listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      const sockets = [...open];
      for (const socket of sockets) socket.resetAndDestroy();
      return sockets.length;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
