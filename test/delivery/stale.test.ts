import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { request } from '../../src/delivery/request';

describe('a kept connection that the other side has closed', () => {
  let server: Server;
  let answers = 0;
  before(() => {
    // Says that it keeps connections, and cuts each at its second request.
    const served = new WeakSet<object>();
    server = createServer((_, response) => {
      if (response.socket && served.has(response.socket)) return void response.socket.destroy();
      if (response.socket) served.add(response.socket);
      answers++;
      response.end('{}');
    });
    return new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('costs a request nothing but another connection', async () => {
    const { port } = server.address() as AddressInfo;
    for (let count = 1; count <= 3; count++) {
      const { status } = await request(`http://127.0.0.1:${port}/`, { body: '{}', timeoutMs: 5000 });
      assert.equal(status, 200);
      assert.equal(answers, count);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});
