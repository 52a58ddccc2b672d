import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type Ingest, startIngest } from '../../demo/ingest';
import { type LoopbackAnswer, type LoopbackRequest, serve } from '../../demo/loopback';
import { deliver, drain, onRefused, take } from '../../src/delivery';
import { type Destination, fixedDestination } from '../../src/delivery/destination';
import type { Leftover } from '../../src/delivery/leftover';
import { type Progress, sendParcel } from '../../src/delivery/parcel';

let ingest: Ingest;
let destination: Destination;
const refused: Leftover[] = [];
before(() => onRefused((left) => refused.push(left)));
beforeEach(async () => {
  refused.length = 0;
  ingest = await startIngest({ maxBytes: 1024 * 1024 });
  destination = at(ingest.url);
});
afterEach(async () => {
  take();
  await ingest.close();
});
after(() => onRefused(() => {}));

const at = (apiUrl: string) => fixedDestination({ apiUrl, token: 'key', orgId: 'org', ids: { project_id: 'p', log_id: 'g' } }, undefined);
const row = (text: string, to = destination, id: string = randomUUID()) =>
  deliver({ destination: to, id, isMerge: false, row: () => ({ id, input: text }), uploads: [] });
const deliveries = () => ingest.requests.filter(({ path }) => path === '/logs3');

/** Braintrust on loopback with an answer of the test's own to each delivery. */
async function scripted(answer: (request: LoopbackRequest) => LoopbackAnswer) {
  const requests: { at: number; body: string }[] = [];
  const server = await serve(
    0,
    async (request) => {
      requests.push({ at: performance.now(), body: request.body.toString('utf8') });
      return answer(request);
    },
    (message) => ({ status: 500, body: message }),
  );
  return { ...server, requests };
}

describe('rows', () => {
  it('of one moment go in one delivery, a little later', async () => {
    for (let count = 0; count < 100; count++) row(`row ${count}`);
    assert.equal(deliveries().length, 0);
    await ingest.waitFor((spans) => spans.length === 100);
    assert.equal(deliveries().length, 1);
  });

  it('that were not taken go again, as merges, until they are', async () => {
    await ingest.set({ rows: { status: 503 } });
    row('one');
    assert.equal(await drain(), false);
    await ingest.set({});
    await ingest.waitFor((spans) => spans.length === 1);
    assert.deepEqual(
      ingest.rows().map((sent) => sent._is_merge),
      [true],
    );
  });

  it('whose receipt was lost are merged into what has arrived', async () => {
    await ingest.set({ rows: 'half' });
    row('one');
    assert.equal(await drain(), false);
    await ingest.set({});
    assert.equal(await drain(), true);
    assert.deepEqual(
      ingest.rows().map((sent) => sent._is_merge ?? false),
      [false, true],
    );
  });

  for (const status of [401, 403]) {
    it(`are not sent again where the key is refused (${status}), and whoever asks is told of it`, async () => {
      await ingest.set({ rows: { status } });
      row('one');
      row('two');
      assert.equal(await drain(), false);
      assert.equal(await drain(), true, 'nothing is left');
      assert.equal(deliveries().length, 1);
      assert.deepEqual(
        refused.map(({ rows, reason }) => [rows.length, reason]),
        [[2, `Braintrust at ${ingest.url} refuses the key in BRAINTRUST_API_KEY (${status})`]],
      );
    });
  }

  it('are not taken for sent because of a page of a proxy', async () => {
    await ingest.set({ rows: 'garbage' });
    row('one');
    assert.equal(await drain(), false);
    await ingest.set({});
    assert.equal(await drain(), true);
    assert.equal(ingest.spans().length, 1);
  });

  it('go to the place for oversize deliveries where they are larger than Braintrust takes', async () => {
    row('x'.repeat(4 * 1024 * 1024));
    assert.equal(await drain(), true);
    assert.equal(String(ingest.spans()[0]?.input).length, 4 * 1024 * 1024);
    assert.deepEqual(
      ingest.requests.map(({ method, path }) => `${method} ${path.replace(/[\w-]{36}/, 'key')}`),
      ['GET /version', 'POST /logs3/overflow', 'PUT /overflow/key', 'POST /logs3'],
    );
  });

  it('that Braintrust does not take cost no other its place at the end of a process, nor in the spool', async () => {
    const picky = await scripted(({ body }) => (body.includes('poison') ? { status: 400, body: '{}' } : { body: '{"ids":[]}' }));
    const rows = Array.from({ length: 20 }, (_, index) => ({
      id: `${index}`,
      json: `{"id":${index},"input":"${index === 13 ? 'poison' : 'good'}"}`,
      isMerge: true,
    }));
    const progress: Progress = { rows: 0, files: 0, refused: [] };
    await sendParcel(await at(picky.url).open(1000), { rows, files: [] }, progress, () => 5000);
    assert.deepEqual([progress.rows, progress.refused], [20, [13]]);
    assert.match(progress.reason ?? '', /answered 400$/);
    const taken = picky.requests.filter(({ body }) => !body.includes('poison')).flatMap(({ body }) => JSON.parse(body).rows);
    assert.equal(taken.length, 19);
    await picky.close();
  });

  it('are not asked for one by one for ever where Braintrust takes none', async () => {
    const deaf = await scripted(() => ({ status: 404, body: '{}' }));
    const to = at(deaf.url);
    for (let count = 0; count < 500; count++) row(`row ${count}`, to);
    assert.equal(await drain(), false);
    assert.ok(deaf.requests.length < 60, `${deaf.requests.length} requests`);
    await deaf.close();
  });

  it('larger than this Braintrust takes go to the place for them, though it has said so only by refusing', async () => {
    const small = await startIngest({ maxBytes: 100_000 });
    row('y'.repeat(200_000), at(small.url));
    assert.equal(await drain(), true);
    assert.equal(String(small.spans()[0]?.input).length, 200_000);
    await small.close();
  });

  it('that Braintrust does not take cost no other its place', async () => {
    const picky = await scripted(({ body }) => (body.includes('poison') ? { status: 413, body: '{}' } : { body: '{"ids":[]}' }));
    const to = at(picky.url);
    for (let count = 0; count < 20; count++) row(count === 13 ? 'poison' : `good ${count}`, to);
    await drain();
    assert.equal(await drain(), true);
    const taken = picky.requests.filter(({ body }) => body !== '' && !body.includes('poison')).flatMap(({ body }) => JSON.parse(body).rows);
    assert.equal(taken.length, 19);
    assert.deepEqual(
      refused.map(({ rows }) => rows.map(({ json }) => JSON.parse(String(json)).input)),
      [['poison']],
    );
    await picky.close();
  });

  it('wait as long as Braintrust asks for', async () => {
    let count = 0;
    const busy = await scripted(() => (count++ === 0 ? { status: 429, headers: { 'retry-after': '2' }, body: '{}' } : { body: '{}' }));
    row('one', at(busy.url));
    for (const end = Date.now() + 20_000; busy.requests.length < 2 && Date.now() < end; ) await new Promise((go) => setTimeout(go, 20));
    const [first, second] = busy.requests;
    assert.ok(first && second && second.at - first.at >= 1900, 'the second attempt came too early');
    await busy.close();
  });

  it('that are two parts of one go one after the other', async () => {
    row('first', destination, 'same');
    row('second', destination, 'same');
    assert.equal(await drain(), true);
    assert.equal(deliveries().length, 2);
  });

  it('that wait hold no process', async () => {
    const kinds = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const had = kinds();
    await ingest.set({ rows: { status: 503 } });
    row('one');
    await drain();
    assert.equal(kinds(), had);
  });
});
