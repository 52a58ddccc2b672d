import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Attachment, BraintrustState, initLogger } from 'braintrust';
import { type Ingest, type IngestOptions, mergeRows, startIngest } from '../../demo/ingest';

async function using(options: IngestOptions, run: (ingest: Ingest) => Promise<void>): Promise<void> {
  const ingest = await startIngest(options);
  try {
    await run(ingest);
  } finally {
    await ingest.close();
  }
}

const post = (ingest: Ingest, path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(ingest.url + path, { method: 'POST', body, headers });

/** A logger with a state of its own, so that the tests do not share one login. */
function loggerOf(ingest: Ingest) {
  const state = new BraintrustState({});
  return initLogger({ projectName: 'demo', apiKey: 'sk-demo', appUrl: ingest.url, state, setCurrent: false, asyncFlush: true });
}

describe('the embedded ingest', () => {
  it('keeps what the braintrust SDK logs: one span, its parent and its fields', async () => {
    await using({}, async (ingest) => {
      const logger = loggerOf(ingest);
      logger.traced((outer) => outer.traced((span) => span.log({ input: 'in', metrics: { tokens: 3 } }), { name: 'inner' }), {
        name: 'outer',
      });
      await logger.flush();
      const spans = await ingest.waitFor((arrived) => arrived.length === 2);
      const outer = spans.find((span) => span.span_attributes?.name === 'outer');
      const inner = spans.find((span) => span.span_attributes?.name === 'inner');
      assert.deepEqual(inner?.span_parents, [outer?.span_id]);
      assert.equal(inner?.input, 'in');
      assert.equal(inner?.metrics?.tokens, 3);
      assert.ok(Number(inner?.metrics?.end) >= Number(inner?.metrics?.start));
    });
  });

  it('keeps an attachment under the key that its row refers to', async () => {
    await using({}, async (ingest) => {
      const logger = loggerOf(ingest);
      const attachment = new Attachment({
        data: new Blob(['bytes']),
        filename: 'a.txt',
        contentType: 'text/plain',
        state: logger.loggingState,
      });
      logger.log({ input: { file: attachment } });
      await logger.flush();
      assert.equal(ingest.attachments.get(attachment.reference.key)?.toString(), 'bytes');
      assert.ok(ingest.requests.some(({ path }) => path === '/attachment/status'));
    });
  });

  it('takes a delivery that is larger than it allows as an overflow', async () => {
    await using({ maxBytes: 500 }, async (ingest) => {
      const logger = loggerOf(ingest);
      logger.log({ input: 'x'.repeat(2000) });
      await logger.flush();
      assert.ok(ingest.requests.some(({ path }) => path === '/logs3/overflow'));
      assert.equal(ingest.spans().length, 1);
    });
  });

  it('reads zipped rows', async () => {
    await using({}, async (ingest) => {
      await post(ingest, '/logs3', gzipSync(JSON.stringify({ rows: [{ id: 'a' }] })), { 'content-encoding': 'gzip' });
      assert.deepEqual(ingest.rows(), [{ id: 'a' }]);
    });
  });

  it('fails as often and with the status that it is told, then recovers', async () => {
    await using({ failFirst: 2, loginFailFirst: 1, status: 429 }, async (ingest) => {
      const statuses = async (path: string, times: number) => {
        const seen: number[] = [];
        for (let index = 0; index < times; index++) seen.push((await post(ingest, path, JSON.stringify({ rows: [{ id: 'a' }] }))).status);
        return seen;
      };
      assert.deepEqual(await statuses('/logs3', 3), [429, 429, 200]);
      assert.deepEqual(await statuses('/api/apikey/login', 2), [429, 200]);
      assert.equal(ingest.rows().length, 1);
    });
  });

  describe('does what it is told while it runs:', () => {
    const rows = (id: string) => JSON.stringify({ rows: [{ id }] });
    const deliver = (ingest: Ingest, id: string) => post(ingest, '/logs3', rows(id));
    const kept = (ingest: Ingest) => ingest.rows().map(({ id }) => id);

    it('answers with a status, to rows or to logins alone, and is well again', async () => {
      await using({}, async (ingest) => {
        await ingest.set({ rows: { status: 401 } });
        assert.equal((await deliver(ingest, 'a')).status, 401);
        assert.equal((await post(ingest, '/api/apikey/login', '{}')).status, 200);
        await ingest.set({ login: { status: 500 } });
        assert.equal((await deliver(ingest, 'b')).status, 200);
        assert.equal((await post(ingest, '/api/apikey/login', '{}')).status, 500);
        await ingest.set({});
        assert.equal((await post(ingest, '/api/apikey/login', '{}')).status, 200);
        assert.deepEqual(kept(ingest), ['b']);
      });
    });

    it('resets the connection, and keeps nothing', async () => {
      await using({}, async (ingest) => {
        await ingest.set({ rows: 'reset' });
        await assert.rejects(deliver(ingest, 'a'));
        assert.deepEqual(kept(ingest), []);
      });
    });

    it('keeps the rows and loses the answer, or half of it', async () => {
      await using({}, async (ingest) => {
        await ingest.set({ rows: 'lost' });
        await assert.rejects(deliver(ingest, 'a'));
        await ingest.set({ rows: 'half' });
        await assert.rejects(async () => (await deliver(ingest, 'b')).json());
        assert.deepEqual(kept(ingest), ['a', 'b']);
      });
    });

    it('answers with a page that is no JSON, and keeps nothing', async () => {
      await using({}, async (ingest) => {
        await ingest.set({ rows: 'garbage' });
        assert.match(await (await deliver(ingest, 'a')).text(), /^<!doctype/);
        assert.deepEqual(kept(ingest), []);
      });
    });

    it('does not answer at all', async () => {
      await using({}, async (ingest) => {
        await ingest.set({ rows: 'hang' });
        const aborted = fetch(`${ingest.url}/logs3`, { method: 'POST', body: rows('a'), signal: AbortSignal.timeout(200) });
        await assert.rejects(aborted, { name: 'TimeoutError' });
        assert.deepEqual(kept(ingest), []);
      });
    });

    it('is not there, and is there again at the same port', async () => {
      await using({}, async (ingest) => {
        await ingest.set({ down: true });
        await assert.rejects(deliver(ingest, 'a'));
        await ingest.set({});
        assert.equal((await deliver(ingest, 'b')).status, 200);
        assert.deepEqual(kept(ingest), ['b']);
      });
    });
  });

  it('keeps what it is told of a row', async () => {
    await using({ keep: ({ id }) => ({ id }) }, async (ingest) => {
      await post(ingest, '/logs3', JSON.stringify({ rows: [{ id: 'a', input: 'long' }] }));
      assert.deepEqual(ingest.rows(), [{ id: 'a' }]);
    });
  });

  it('says what is there when what was waited for does not come', async () => {
    await using({}, async (ingest) => {
      await post(ingest, '/logs3', JSON.stringify({ rows: [{ id: 'a', span_attributes: { name: 'lonely' } }] }));
      await assert.rejects(
        ingest.waitFor((spans) => spans.length === 2, 30),
        /not seen within 30 ms; spans: lonely/,
      );
    });
  });
});

describe('rows of one id', () => {
  it('merge deeply where a row says so: objects by key, everything else replaced', () => {
    const rows = [
      { id: 'a', metadata: { model: 'm', tags: [1, 2] }, output: 'part' },
      { id: 'a', _is_merge: true, metadata: { tags: [3], stopReason: 'end' }, output: 'whole' },
    ];
    const [merged] = mergeRows(rows);
    assert.deepEqual(merged?.metadata, { model: 'm', tags: [3], stopReason: 'end' });
    assert.equal(merged?.output, 'whole');
  });

  it('replace what stands where a row does not', () => {
    assert.deepEqual(
      mergeRows([
        { id: 'a', input: 1 },
        { id: 'a', output: 2 },
      ]),
      [{ id: 'a', output: 2 }],
    );
  });

  it('stay apart in different projects', () => {
    assert.equal(
      mergeRows([
        { id: 'a', project_id: 'p' },
        { id: 'a', project_id: 'q', _is_merge: true },
      ]).length,
      2,
    );
  });
});
