import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { asWritten, jsonOf, putText } from '../../src/as-written';
import { deliver, drain, pending } from '../../src/delivery';
import { type JsonRow, send } from '../../src/delivery/api';
import { fixedDestination } from '../../src/delivery/destination';
import { Lane } from '../../src/delivery/lane';
import type { Json } from '../../src/json';

/** A row of 200 KB. */
const numbered = (index: number) => ({ id: `row ${index}`, texts: Array.from({ length: 100 }, (_, at) => `${index}.${at}: `.repeat(300)) });
function rowOf(value: { texts: string[] }): Json {
  let json: Json | undefined;
  asWritten(() => {
    for (const text of value.texts) putText(text, true);
    json = jsonOf(value);
  });
  return json ?? assert.fail();
}
const memoryOf = ({ pieces }: Json) => pieces.map(({ buffer }) => buffer);
/** Whether the next row stands where this one stood. */
const isUsedAgain = (json: Json) => memoryOf(rowOf(numbered(99))).some((memory) => memoryOf(json).includes(memory));

describe('the memory of a row', () => {
  let server: Server | undefined;
  const bodies: string[] = [];
  const start = async (listener: RequestListener) => {
    const started = createServer(listener);
    server = started;
    await new Promise<void>((resolve) => void started.listen(0, '127.0.0.1', resolve));
    const { port } = started.address() as AddressInfo;
    return { apiUrl: `http://127.0.0.1:${port}`, token: 'key', orgId: 'org', ids: { project_id: 'p' } };
  };
  const readAll: RequestListener = async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    bodies.push(body);
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const laneTo = async (listener: RequestListener, own?: typeof fetch) => {
    const lane = new Lane(
      fixedDestination({ ...(await start(listener)), fetch: own }, undefined),
      () => false,
      () => {},
    );
    const add = (value: ReturnType<typeof numbered>) => {
      const json = rowOf(value);
      lane.add({ id: value.id, json, isMerge: false, uploads: [] }, 60_000);
      return json;
    };
    return { lane, add };
  };

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    bodies.length = 0;
  });

  it('is used again when the row has been sent, and every row arrives as it was written', async () => {
    const { lane, add } = await laneTo(readAll);
    const memories = new Set<object>();
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < 8; index++) for (const memory of memoryOf(add(numbered(round * 8 + index)))) memories.add(memory);
      assert.equal(await lane.drain(), true);
    }
    const sent = bodies.flatMap((body): object[] => JSON.parse(body).rows);
    assert.deepEqual(
      sent,
      Array.from({ length: 80 }, (_, index) => ({ project_id: 'p', ...numbered(index) })),
    );
    assert.ok(memories.size <= 20, `${memories.size} for 80 rows`);
  });

  it('is the row’s while it waits to be sent again', async () => {
    let isDown = true;
    const { lane, add } = await laneTo((request, response) => {
      if (isDown) response.writeHead(503).end();
      else readAll(request, response);
    });
    const json = add(numbered(1));
    assert.equal(await lane.drain(), false);
    assert.equal(isUsedAgain(json), false);
    isDown = false;
    assert.equal(await lane.drain(), true);
    assert.deepEqual(JSON.parse(bodies[0] ?? '').rows, [{ project_id: 'p', _is_merge: true, ...numbered(1) }]);
    assert.equal(isUsedAgain(json), false, 'nor later: the first connection may still read it');
  });

  it('is the row’s for ever from the moment that somebody is shown it, who may write it elsewhere', async () => {
    const value = numbered(1);
    const destination = fixedDestination(await start(readAll), undefined);
    const row = () => {
      for (const text of value.texts) putText(text, true);
      return value;
    };
    deliver({ destination, id: value.id, isMerge: false, row, uploads: [] });
    const [shown] = pending().flatMap(({ rows }) => rows);
    assert.equal(await drain(), true);
    assert.equal(bodies.length, 1);
    assert.ok(shown);
    assert.equal(isUsedAgain(shown.json), false);
    assert.equal(shown.json.toString(), JSON.stringify(value));
  });

  it('is the row’s for ever where a fetch of the application has had it', async () => {
    const { lane, add } = await laneTo(readAll, fetch);
    const json = add(numbered(1));
    assert.equal(await lane.drain(), true);
    assert.equal(bodies.length, 1);
    assert.equal(isUsedAgain(json), false);
  });

  it('is not free where the answer has come before all was sent', async () => {
    const target = await start((request, response) => {
      request.pause();
      response.setHeader('content-type', 'application/json').end('{}');
    });
    const row = (text: string): JsonRow => ({ json: rowOf({ texts: [text] }), isMerge: false });
    assert.equal(await send({ ...target, apiUrl: `${target.apiUrl}/` }, [row('x'.repeat(5000).repeat(20))], 5000), true);
    const large = Array.from({ length: 3 }, () => row('x'.repeat(900_000)));
    // More than a connection takes that nobody reads.
    assert.equal(await send(target, [...large, ...Array.from({ length: 30 }, () => row('x'.repeat(900_000)))], 5000), false);
  });
});
