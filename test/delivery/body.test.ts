import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { send } from '../../src/delivery/api';
import { Json } from '../../src/json';

/** A Braintrust that takes little, and has its overflows uploaded as forms. */
const ANSWERS: Record<string, object> = {
  '/version': { logs3_payload_max_bytes: 1000 },
  '/logs3/overflow': { method: 'POST', signedUrl: 'http://127.0.0.1:9/store', key: 'key', fields: { policy: 'p' } },
};

describe('the body of a delivery', () => {
  let server: Server;
  const bodies: Buffer[] = [];
  before(() => {
    server = createServer(async (request, response) => {
      const body: Buffer[] = [];
      for await (const piece of request) body.push(piece);
      bodies.push(Buffer.concat(body));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(ANSWERS[request.url ?? ''] ?? {}));
    });
    return new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** A row in pieces that are cut there. */
  const row = (value: object, ...cuts: number[]): Json => {
    const bytes = Buffer.from(JSON.stringify(value));
    return new Json([0, ...cuts].map((cut, index) => bytes.subarray(cut, cuts[index])));
  };

  const target = () => ({
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'key',
    orgId: 'org',
    ids: { project_id: 'p', log_id: 'g' },
  });

  it('has the pieces of its rows in their order, large and small, however they are cut', async () => {
    const values = ['é', 'Graça '.repeat(20_000), 'tram', 'x'.repeat(40_000), '', '“y”'.repeat(90_000)].map((text, id) => ({ id, text }));
    const cuts = [[5], [1, 10, 100_000, 100_001], [], [3, 39_000], [2, 2, 4], [1, 30_000, 300_000]];
    const rows = values.map((value, index) => ({ json: row(value, ...(cuts[index] ?? [])), isMerge: index === 2 }));
    await send(target(), rows, 5000);
    assert.deepEqual(JSON.parse(String(bodies[0])), {
      rows: values.map((value, index) => ({ project_id: 'p', log_id: 'g', ...(index === 2 && { _is_merge: true }), ...value })),
      api_version: 2,
    });
  });

  it('that is uploaded by a form, by a fetch of the application that throws at once, is told of in our words', async () => {
    const own = (url: string, options: RequestInit) => {
      if (options.body instanceof FormData) throw new Error('SECRET of the application');
      return fetch(url, options);
    };
    const json = row({ text: 'x'.repeat(4 * 1024 * 1024) });
    await assert.rejects(send({ ...target(), fetch: own as typeof fetch }, [{ json, isMerge: false }], 5000), {
      message: 'http://127.0.0.1:9 cannot be reached (no answer)',
    });
  });
});
