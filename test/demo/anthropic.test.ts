import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { failure, startAnthropic } from '../../demo/anthropic';

const MODEL = 'claude-opus-5-5';
const params = (content: string, more: object = {}) => ({
  model: MODEL,
  max_tokens: 2000,
  messages: [{ role: 'user' as const, content }],
  ...more,
});
const request = (custom_id: string, content = `hello ${custom_id}`, more: object = {}) => ({ custom_id, params: params(content, more) });

async function open(options: Parameters<typeof startAnthropic>[0] = {}) {
  const server = await startAnthropic(options);
  const { ANTHROPIC_BASE_URL: baseURL, ANTHROPIC_API_KEY: apiKey } = server.env;
  const client = new Anthropic({ baseURL: baseURL ?? '', apiKey: apiKey ?? '' });
  return { server, client, batches: client.messages.batches, [Symbol.asyncDispose]: () => server.close() };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

describe('the embedded Anthropic', () => {
  it('takes a batch from creation to its results, and counts them', async () => {
    await using context = await open();
    const { batches, server } = context;
    const ids = ['one', 'two', 'error-3', 'overload-4', 'cancel-5', 'expire-6', 'seven'];
    const created = await batches.create({ requests: ids.map((id) => request(id)) });
    assert.match(created.id, /^msgbatch_01\w{22}$/);
    assert.equal(created.processing_status, 'in_progress');
    assert.equal(created.request_counts.processing, 7);
    assert.equal((await batches.retrieve(created.id)).processing_status, 'in_progress');
    const ended = await batches.retrieve(created.id);
    assert.equal(ended.processing_status, 'ended');
    assert.deepEqual(ended.request_counts, { processing: 0, succeeded: 3, errored: 2, canceled: 1, expired: 1 });
    assert.equal(ended.results_url, `${server.url}/v1/messages/batches/${created.id}/results`);

    const lines = await all(await batches.results(created.id));
    const order = lines.map(({ custom_id }) => custom_id);
    assert.deepEqual([...order].sort(), [...ids].sort());
    assert.notDeepEqual(order, ids, 'not in the order of the requests');
    const of = (id: string) => lines.find(({ custom_id }) => custom_id === id)?.result;
    const [one, errored, overloaded] = [of('one'), of('error-3'), of('overload-4')];
    assert.ok(one?.type === 'succeeded' && errored?.type === 'errored' && overloaded?.type === 'errored');
    assert.deepEqual(one.message.content, [{ type: 'text', text: 'You said: hello one', citations: null }]);
    assert.equal(one.message.model, MODEL);
    assert.equal(one.message.usage.service_tier, 'batch');
    assert.deepEqual(errored.error.error, { type: 'invalid_request_error', message: 'messages: Field required' });
    assert.equal(overloaded.error.error.type, 'overloaded_error');
    assert.deepEqual([of('cancel-5'), of('expire-6')], [{ type: 'canceled' }, { type: 'expired' }]);
    assert.deepEqual(await all(await batches.results(created.id)), lines, 'read twice, the results are the same');
  });

  it('answers with thinking, tool use and all kinds of tokens', async () => {
    await using context = await open({ pollsUntilDone: 0 });
    const { batches } = context;
    const cached = (ttl: '5m' | '1h') => ({
      system: [{ type: 'text' as const, text: `${ttl} of patience `.repeat(50), cache_control: { type: 'ephemeral' as const, ttl } }],
    });
    const tools = [{ name: 'get_weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } }];
    const { id } = await batches.create({
      requests: [
        request('thinks', 'How is the weather in Lisbon?', { tools, thinking: { type: 'enabled', budget_tokens: 1024 } }),
        request('writes', 'hello', cached('5m')),
        request('reads', 'hello', cached('5m')),
        request('hour', 'hello', cached('1h')),
      ],
    });
    const lines = await all(await batches.results(id));
    const of = (name: string) => {
      const result = lines.find(({ custom_id }) => custom_id === name)?.result;
      assert.ok(result?.type === 'succeeded');
      return result.message;
    };
    const thinks = of('thinks');
    assert.deepEqual(
      thinks.content.map(({ type }) => type),
      ['thinking', 'text', 'tool_use'],
    );
    assert.equal(thinks.stop_reason, 'tool_use');
    assert.ok(thinks.usage.output_tokens_details?.thinking_tokens);
    const { usage: writes } = of('writes');
    const { usage: reads } = of('reads');
    const { usage: hour } = of('hour');
    assert.ok(writes.cache_creation_input_tokens);
    assert.deepEqual(writes.cache_creation, {
      ephemeral_5m_input_tokens: writes.cache_creation_input_tokens,
      ephemeral_1h_input_tokens: 0,
    });
    assert.deepEqual([reads.cache_creation_input_tokens, reads.cache_read_input_tokens], [0, writes.cache_creation_input_tokens]);
    assert.equal(hour.cache_creation?.ephemeral_1h_input_tokens, hour.cache_creation_input_tokens);
  });

  it('cancels a batch: canceling, then ended with what was canceled', async () => {
    await using context = await open();
    const { batches } = context;
    const { id } = await batches.create({ requests: ['a', 'b', 'c', 'd'].map((name) => request(name)) });
    await assert.rejects(batches.delete(id), { status: 400 });
    assert.equal((await batches.retrieve(id)).processing_status, 'in_progress');
    const canceling = await batches.cancel(id);
    assert.equal(canceling.processing_status, 'canceling');
    assert.ok(canceling.cancel_initiated_at);
    assert.equal((await batches.retrieve(id)).processing_status, 'canceling');
    const ended = await batches.retrieve(id);
    assert.deepEqual([ended.request_counts.succeeded, ended.request_counts.canceled], [2, 2]);
    await assert.rejects(batches.cancel(id), { status: 400 });
    assert.deepEqual(await batches.delete(id), { id, type: 'message_batch_deleted' });
    await assert.rejects(batches.retrieve(id), { status: 404 });
  });

  it('has no results before the end', async () => {
    await using context = await open({ pollsUntilDone: 5 });
    const { id } = await context.batches.create({ requests: [request('a')] });
    await assert.rejects(context.batches.results(id), /No batch `results_url`/);
  });

  it('lists the newest first, page by page, in both directions', async () => {
    await using context = await open();
    const { batches } = context;
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) ids.unshift((await batches.create({ requests: [request(name)] })).id);
    const listed = await all(batches.list({ limit: 2 }));
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids,
    );
    const newer = await batches.list({ limit: 1, before_id: ids[2] ?? '' });
    assert.deepEqual([newer.data[0]?.id, newer.has_more], [ids[1], true]);
    assert.deepEqual((await all(newer)).length, 2);
  });

  it('speaks the beta API, too', async () => {
    await using context = await open({ pollsUntilDone: 0 });
    const { client, server } = context;
    const { id } = await client.beta.messages.batches.create({ requests: [request('a')], betas: ['output-300k-2026-03-24'] });
    const [line] = await all(await client.beta.messages.batches.results(id));
    assert.equal(line?.custom_id, 'a');
    assert.equal(server.requests[0]?.headers['anthropic-beta'], 'output-300k-2026-03-24');
    // SDKs before 1.0 say it in the query and send the key by itself.
    const headers = { 'x-api-key': server.env.ANTHROPIC_API_KEY ?? '', 'anthropic-version': '2023-06-01' };
    const older = await fetch(`${server.url}/v1/messages/batches/${id}?beta=true`, { headers });
    assert.equal(older.status, 200);
  });

  it('gives the results and the answers that a test scripts', async () => {
    await using context = await open({
      pollsUntilDone: 0,
      result: ({ custom_id }) => (custom_id === 'late' ? { type: 'expired' } : undefined),
      respond: ({ path }) =>
        path.endsWith('/results') ? { body: ['{"custom_id":"unknown",', '"result":{"type":"expired"}}\n'] } : undefined,
    });
    const { batches } = context;
    const { id } = await batches.create({ requests: [request('late'), request('fine')] });
    assert.deepEqual((await batches.retrieve(id)).request_counts.expired, 1);
    assert.deepEqual(await all(await batches.results(id)), [{ custom_id: 'unknown', result: { type: 'expired' } }]);
  });

  it('refuses a wrong key, an invalid batch, and whoever comes too often', async () => {
    await using context = await open({
      respond: ({ method, attempt }) => (method === 'GET' && attempt === 1 ? failure(429, 'rate_limit_error', 'Slow down.') : undefined),
    });
    const { batches, client, server } = context;
    await assert.rejects(client.withOptions({ apiKey: 'wrong' }).messages.batches.create({ requests: [] }), {
      name: 'AuthenticationError',
      status: 401,
    });
    await assert.rejects(batches.create({ requests: [] }), { status: 400, type: 'invalid_request_error' });
    await assert.rejects(batches.create({ requests: [request('same'), request('same')] }), /Duplicate custom_id/);
    await assert.rejects(batches.create({ requests: [request('not allowed')] }), /custom_id/);
    await assert.rejects(client.withOptions({ maxRetries: 0 }).messages.batches.retrieve('x'), { name: 'RateLimitError', status: 429 });
    await batches.list();
    assert.deepEqual(
      server.requests.slice(-2).map(({ attempt }) => attempt),
      [1, 2],
    );
  });

  it('answers Messages, whole and streamed', async () => {
    await using context = await open();
    const { client } = context;
    const message = await client.messages.create(params('Please translate this.'));
    assert.deepEqual(message.content, [{ type: 'text', text: 'Onde fica a estação de comboios mais próxima?', citations: null }]);
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const streamed = await client.messages.stream(params('Please translate this.', { thinking })).finalMessage();
    assert.deepEqual(
      streamed.content.map(({ type }) => type),
      ['thinking', 'text'],
    );
    assert.equal(
      await client.messages.stream(params('Please translate this.')).finalText(),
      'Onde fica a estação de comboios mais próxima?',
    );
  });

  it('holds ten thousand requests', async () => {
    await using context = await open({ pollsUntilDone: 0 });
    const { id } = await context.batches.create({ requests: Array.from({ length: 10_000 }, (_, index) => request(`r-${index}`)) });
    let lines = 0;
    for await (const { result } of await context.batches.results(id)) if (result.type === 'succeeded') lines++;
    assert.equal(lines, 10_000);
  });
});

describe('the environment of the embedded Anthropic', () => {
  it('is all that the SDK needs', async () => {
    const server = await startAnthropic();
    Object.assign(process.env, server.env);
    const { data } = await new Anthropic().messages.batches.list();
    assert.deepEqual(data, []);
    for (const name of Object.keys(server.env)) delete process.env[name];
    await server.close();
  });
});
