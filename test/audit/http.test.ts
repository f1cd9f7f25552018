/** What the HTTP edge enters and counts of a request whose other side is gone before the answer is. */
import { once } from 'node:events';
import { createConnection, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/entry.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { registerRequestLog } from '../../src/http/plugins/request-log.ts';
import { registerAudit } from '../../src/http/plugins/audit.ts';
import type { Http } from '../../src/http/type-provider.ts';
import { until } from '../helpers/until.ts';

it('whoever cuts the connection has looked and has changed things all the same', async () => {
  const events: AuditEvent[] = [];
  const app = fastify() as unknown as Http;
  const metrics = createMetrics();
  registerRequestLog(app, metrics);
  registerAudit(app, async (event) => { events.push(event); }, { hasToken: false });
  // More than any buffer on the way takes.
  app.get('/dicom-web/studies/:studyInstanceUID', async (_request, reply) => reply.type('application/dicom').send(Readable.from((function* endless() { for (;;) yield Buffer.alloc(65_536); })(), { objectMode: false })));
  app.post('/api/v1/studies/:studyInstanceUID/complete', async (request) => {
    const closed = once(request.raw.socket, 'close');
    request.raw.socket.destroy();
    await closed;
    return {};
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  try {
    for (const line of ['GET /dicom-web/studies/1.2.3', 'POST /api/v1/studies/1.2.3/complete']) {
      const socket = createConnection((app.server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
      if (line.startsWith('GET')) {
        await once(socket, 'data');
        socket.destroy();
      } else await once(socket, 'close');
    }
    await until('both entries', () => events.length >= 2);
    expect(events.map(({ kind, studyInstanceUID, actor }) => [kind, studyInstanceUID, actor.address])).toEqual([
      ['study-accessed', '1.2.3', '127.0.0.1'], ['administration', '1.2.3', '127.0.0.1'],
    ]);
    // Nor are they left out of what is counted.
    const counted = await until('both counts', async () => {
      const lines = (await metrics.registry.metrics()).split('\n').filter((line) => /_count\{.*studyInstanceUID/u.test(line));
      return lines.length >= 2 && lines;
    });
    expect(counted.map((line) => [/method="(\w+)"/u.exec(line)?.[1], line.split(' ').at(-1)]).sort()).toEqual([['GET', '1'], ['POST', '1']]);
  } finally {
    await app.close();
  }
});
