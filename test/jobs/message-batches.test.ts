import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Anthropic, startAnthropic } from '../../demo/anthropic';
import type { AnthropicOptions } from '../../demo/anthropic/types';
import { type Ingest, mergeRows, type Row, startIngest } from '../../demo/ingest';
import { isObject, object, objects, parseJson, string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { type Outcome, runProgram } from '../helpers/program';

const PROGRAMS = join(__dirname, '../programs');
/** A preload that does nothing. */
const NOTHING = join(PROGRAMS, '../apps/nothing.mjs');
const CREATE = 'anthropic.messages.batches.create';
const REQUEST = 'anthropic.messages.create';

interface Services {
  anthropic: Anthropic;
  ingest: Ingest;
}

async function withServices<T>(options: AnthropicOptions, use: (services: Services) => Promise<T>): Promise<T> {
  const [anthropic, ingest] = await Promise.all([startAnthropic(options), startIngest()]);
  try {
    return await use({ anthropic, ingest });
  } finally {
    await Promise.all([anthropic.close(), ingest.close()]);
  }
}

/** Runs a program with the hook, and gives the rows that it alone has sent. */
async function run({ anthropic, ingest }: Services, program: string, env: Record<string, string>): Promise<Outcome & { rows: Row[] }> {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS_|ANTHROPIC_|BRAINTRUST_|NODE_OPTIONS|NODE_TEST)/.test(name));
  const all = { ...Object.fromEntries(own), ...anthropic.env, ...ingest.env, NODE_NO_WARNINGS: '1', ...env };
  const before = ingest.rows().length;
  const hooks = env.HOOKS?.split(' ') ?? ['braintrust-bedrock/hook.mjs'];
  const outcome = await runProgram([...hooks.flatMap((hook) => ['--import', hook]), join(PROGRAMS, program)], all);
  assert.equal(outcome.code, 0, outcome.stderr);
  return { ...outcome, rows: ingest.rows().slice(before) };
}

const named = (rows: Row[], name: string) => rows.filter(({ span_attributes }) => span_attributes?.name === name);
const byCustomId = (rows: Row[]) => new Map(named(rows, REQUEST).map((row) => [row.metadata?.customId, row]));

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length <= 1) yield [...items];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

/** The results as the server has them. */
async function resultsOf({ url, env }: Anthropic, id: string): Promise<Map<string, JsonObject>> {
  const headers = { 'x-api-key': env.ANTHROPIC_API_KEY ?? '', 'anthropic-version': '2023-06-01' };
  const lines = (await (await fetch(`${url}/v1/messages/batches/${id}/results`, { headers })).text()).trim().split('\n');
  const items = lines.map((line) => object(parseJson(line)) ?? {});
  return new Map(items.map(({ custom_id, result }) => [String(custom_id), object(result) ?? {}]));
}

for (const [program, beta] of [
  ['batches.mjs', ''],
  ['batches.cjs', ''],
  ['batches.mjs', '1'],
  ['batches.cjs', '1'],
] as const) {
  describe(`a batch that is created in one process and read in two others (${program}${beta && ', beta'})`, () => {
    let services: Services;
    let id: string;
    let created: Row[];
    let completed: Row[];
    let again: Row[];
    let results: Map<string, JsonObject>;

    before(async () => {
      services = { anthropic: await startAnthropic(), ingest: await startIngest() };
      const submit = await run(services, program, { BETA: beta, STEPS: 'create' });
      id = submit.stdout.trim();
      created = submit.rows;
      ({ rows: completed } = await run(services, program, { BETA: beta, STEPS: 'poll poll results', BATCH: id }));
      ({ rows: again } = await run(services, program, { BETA: beta, STEPS: 'list results results', BATCH: id }));
      results = await resultsOf(services.anthropic, id);
    });
    after(() => Promise.all([services.anthropic.close(), services.ingest.close()]));

    const all = () => mergeRows([...created, ...completed, ...again]);

    it('has one row for the batch and one for each request, under it', () => {
      const [batch, ...others] = named(all(), CREATE);
      assert.deepEqual(others, []);
      assert.equal(named(all(), REQUEST).length, 6);
      for (const row of named(all(), REQUEST)) {
        assert.deepEqual(row.span_parents, [batch?.span_id]);
        assert.equal(row.root_span_id, batch?.root_span_id);
        assert.deepEqual(row.span_attributes, { name: REQUEST, type: 'llm' });
      }
    });

    it('is pending until it has ended: no end, no outcome', () => {
      for (const row of created) {
        assert.equal(row._is_merge, true);
        assert.equal(typeof row.metrics?.start, 'number');
        assert.equal(row.metrics?.end, undefined);
        assert.equal(row.output, undefined);
        assert.equal(row.error, undefined);
      }
    });

    it('says how many requests there are, with which models and ids, and how they ended', () => {
      const [batch] = named(all(), CREATE);
      const { metadata, metrics } = batch ?? {};
      assert.equal(metadata?.provider, 'anthropic');
      assert.equal(metadata?.batchId, id);
      assert.equal(metadata?.requestCount, 6);
      assert.deepEqual(metadata?.models, ['claude-sonnet-4-5', 'claude-haiku-4-5']);
      assert.deepEqual(metadata?.customIds, ['first', 'second', 'third', 'an-error', 'expires', 'canceled']);
      assert.equal(metadata?.processingStatus, 'ended');
      assert.deepEqual(metadata?.requestCounts, { processing: 0, succeeded: 3, errored: 1, canceled: 1, expired: 1 });
      assert.equal(metrics?.start, Date.parse(String(metadata?.createdAt)) / 1000);
      assert.equal(metrics?.end, Date.parse(String(metadata?.endedAt)) / 1000);
    });

    it('has the requests as they were created, whatever the application did with them afterwards', () => {
      for (const [customId, row] of byCustomId(all())) {
        const [system, user, ...others] = objects(row.input);
        assert.equal(system?.role, 'system');
        assert.match(JSON.stringify(system?.content), /You are a guide to Lisbon/);
        assert.deepEqual(user, { role: 'user', content: `Where is the tram, ${customId}?` });
        assert.deepEqual(others, []);
        const { provider, model, maxTokens, temperature } = row.metadata ?? {};
        const expected = customId === 'third' ? 'claude-haiku-4-5' : 'claude-sonnet-4-5';
        assert.deepEqual(
          { provider, model, maxTokens, temperature },
          { provider: 'anthropic', model: expected, maxTokens: 64, temperature: 0 },
        );
      }
    });

    it('has the answers, stop reasons and all token counts on the right requests', () => {
      const rows = byCustomId(all());
      for (const customId of ['first', 'second', 'third']) {
        const message = object(results.get(customId)?.message) ?? {};
        const usage = object(message.usage) ?? {};
        const split = object(usage.cache_creation) ?? {};
        const row = rows.get(customId);
        assert.deepEqual(row?.output, [{ role: 'assistant', content: message.content }]);
        assert.equal(row?.metadata?.stopReason, message.stop_reason);
        assert.equal(row?.metadata?.responseModel, message.model);
        const [input, output] = [Number(usage.input_tokens), Number(usage.output_tokens)];
        const [read, written] = [Number(usage.cache_read_input_tokens), Number(usage.cache_creation_input_tokens)];
        const { start, end, ...tokens } = row?.metrics ?? {};
        assert.deepEqual(tokens, {
          prompt_tokens: input + read + written,
          completion_tokens: output,
          tokens: input + read + written + output,
          prompt_cached_tokens: read,
          prompt_cache_creation_tokens: written,
          prompt_cache_creation_5m_tokens: split.ephemeral_5m_input_tokens,
          prompt_cache_creation_1h_tokens: split.ephemeral_1h_input_tokens,
        });
        assert.equal(row?.error, undefined);
      }
      const written = ['first', 'second', 'third'].map((customId) => rows.get(customId)?.metrics?.prompt_cache_creation_1h_tokens);
      assert.ok(
        written.some((count) => Number(count) > 0),
        'the server has counted a write for an hour',
      );
    });

    it('has what went wrong on the requests that it went wrong with', () => {
      const rows = byCustomId(all());
      const errors = ['an-error', 'expires', 'canceled'].map((customId) => object(rows.get(customId)?.error)?.name);
      assert.deepEqual(errors, ['invalid_request_error', 'expired', 'canceled']);
      assert.match(String(object(rows.get('an-error')?.error)?.message), /Field required/);
      for (const customId of ['an-error', 'expires', 'canceled']) assert.equal(rows.get(customId)?.output, undefined);
    });

    it('ends each request when the batch ended', () => {
      const [batch] = named(all(), CREATE);
      for (const row of named(all(), REQUEST)) {
        assert.equal(row.metrics?.start, batch?.metrics?.start);
        assert.equal(row.metrics?.end, batch?.metrics?.end);
      }
    });

    it('is the same in whatever order the rows arrive', () => {
      const sent = [...created, ...completed, ...again];
      for (const id of new Set(sent.map((row) => row.id))) {
        const rows = sent.filter((row) => row.id === id);
        const [expected] = mergeRows(rows);
        const distinct = [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
        for (const order of permutations(distinct)) assert.deepEqual(mergeRows(order)[0], expected);
      }
    });

    it('is the same when its results are read once more', () => {
      const once = mergeRows([...created, ...completed]).filter(({ _is_merge }) => _is_merge);
      const ids = new Set(once.map((row) => row.id));
      assert.deepEqual(
        all().filter((row) => ids.has(row.id)),
        once,
      );
    });

    it('has a small span for each poll and page, and none for the question that results asks first', () => {
      const polls = [...completed, ...again].filter((row) => !row._is_merge);
      assert.deepEqual(
        polls.map((row) => row.span_attributes?.name),
        ['retrieve', 'retrieve', 'list'].map((name) => `anthropic.messages.batches.${name}`),
      );
      assert.deepEqual(polls.map((row) => object(row.output)?.processing_status).slice(0, 2), ['in_progress', 'ended']);
    });
  });
}

describe('a batch', () => {
  it('that cannot be created leaves one failed span and nothing that waits', () =>
    withServices({}, async (services) => {
      const { rows, stdout } = await run(services, 'batches.mjs', { STEPS: 'fail' });
      assert.equal(stdout, '400\n');
      assert.equal(rows.length, 1);
      const [row] = rows;
      assert.notEqual(row?._is_merge, true);
      assert.equal(row?.span_attributes?.name, CREATE);
      assert.equal(row?.metadata?.httpStatus, 400);
      assert.equal(row?.metadata?.requestCount, 2);
      assert.equal(typeof row?.metrics?.end, 'number');
      assert.match(String(object(row?.error)?.message), /400/);
    }));

  it('is completed by its results alone, where nobody has polled', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'create results' });
      const [batch] = named(mergeRows(rows), CREATE);
      assert.equal(typeof batch?.metrics?.end, 'number');
      assert.equal(named(mergeRows(rows), REQUEST).filter((row) => row.output ?? row.error).length, 6);
      assert.deepEqual(
        rows.filter((row) => !row._is_merge),
        [],
      );
    }));

  it('that is read to its first result has that one completed', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'create first' });
      assert.equal(named(mergeRows(rows), REQUEST).filter((row) => row.metrics?.end !== undefined).length, 1);
    }));

  it('whose answer the application reads by itself has a span that says no more than that it was made', () =>
    withServices({}, async (services) => {
      const { rows, stdout } = await run(services, 'batches.mjs', { STEPS: 'raw' });
      assert.equal(stdout, '200\n');
      assert.equal(rows.length, 1);
      assert.notEqual(rows[0]?._is_merge, true);
      assert.deepEqual([rows[0]?.metadata?.httpStatus, rows[0]?.metadata?.batchId, rows[0]?.error], [200, undefined, undefined]);
    }));

  it('that is listed on a later page is completed, and each page is a call', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'again list' });
      assert.equal(named(rows, 'anthropic.messages.batches.list').length, 3);
      const states = named(mergeRows(rows), CREATE).map((row) => row.metadata?.processingStatus);
      assert.deepEqual(states, ['ended', 'ended', 'ended']);
    }));

  it('that is cancelled has a span for that, and no state that could change', () =>
    withServices({ pollsUntilDone: 9 }, async (services) => {
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'create cancel' });
      const [batch] = named(mergeRows(rows), CREATE);
      assert.equal(batch?.metadata?.processingStatus, undefined);
      assert.equal(named(rows, CREATE).length, 1, 'nothing is written of it before it has ended');
      assert.equal(named(rows, 'anthropic.messages.batches.cancel').length, 1);
    }));

  it('is completed by polls that are muted', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const ignore = { BRAINTRUST_BEDROCK_IGNORE: 'retrieve, messages.batches.list' };
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'create poll list', ...ignore });
      assert.deepEqual(
        rows.filter((row) => !row._is_merge),
        [],
      );
      assert.equal(named(mergeRows(rows), CREATE)[0]?.metadata?.processingStatus, 'ended');
    }));

  it('has nothing of its content in any row with BRAINTRUST_BEDROCK_CONTENT=none', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'create poll list results', BRAINTRUST_BEDROCK_CONTENT: 'none' });
      assert.doesNotMatch(JSON.stringify(rows), /tram|Lisbon|first|third|expires"|Field required/);
      const [batch] = named(mergeRows(rows), CREATE);
      assert.equal(batch?.metadata?.requestCount, 6);
      const done = named(mergeRows(rows), REQUEST).filter((row) => row.metrics?.completion_tokens !== undefined);
      assert.equal(done.length, 3);
    }));

  it('whose results have ids that it was not made with, or none, has no rows for those, and says so once', () => {
    const extra = [
      { custom_id: 'stranger', result: { type: 'canceled' } },
      { custom_id: 'stranger-2', result: { type: 'canceled' } },
      { result: { type: 'expired' } },
      { custom_id: 'first', result: { type: 'of a later API' } },
    ];
    const body = extra.map((line) => `${JSON.stringify(line)}\n`).join('');
    const respond: AnthropicOptions['respond'] = ({ path }) => (path.endsWith('/results') ? { body } : undefined);
    return withServices({ pollsUntilDone: 0, respond }, async (services) => {
      const { rows, stdout, stderr } = await run(services, 'batches.mjs', { STEPS: 'create results' });
      assert.equal(stdout.split('\n').length, 6, 'the application has them all');
      assert.equal(named(mergeRows(rows), REQUEST).length, 6);
      assert.deepEqual(
        named(mergeRows(rows), REQUEST).filter((row) => row.metrics?.end !== undefined),
        [],
      );
      assert.match(
        stderr,
        /^braintrust-bedrock: .* was not made with: it is not recorded\.\nbraintrust-bedrock: .* no known type: it is not recorded\.\n$/,
      );
    });
  });
});

describe('the SDK of Anthropic', () => {
  it('has nothing else traced', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const { rows } = await run(services, 'batches.mjs', { STEPS: 'create others' });
      assert.deepEqual(new Set(rows.map((row) => row.span_attributes?.name)), new Set([CREATE, REQUEST]));
      assert.equal(mergeRows(rows).length, 7);
    }));

  for (const hooks of ['braintrust-bedrock/hook.mjs', 'braintrust/hook.mjs braintrust-bedrock/hook.mjs']) {
    it(`has one row for each batch and request beside wrapAnthropic, with ${hooks}`, () =>
      withServices({ pollsUntilDone: 0 }, async (services) => {
        const { rows } = await run(services, 'batches.mjs', { STEPS: 'create poll results', WRAP: '1', HOOKS: hooks });
        const names = mergeRows(rows).map((row) => row.span_attributes?.name);
        assert.equal(names.filter((name) => name === CREATE).length, 1);
        assert.equal(names.filter((name) => name === REQUEST).length, 6);
        assert.equal(names.length, 8);
      }));
  }

  for (const hooks of ['braintrust-bedrock/hook.mjs', NOTHING]) {
    for (const beta of ['', '1']) {
      it(`has one row for each with wrapMessageBatches, ${hooks === NOTHING ? 'without the hook' : 'beside the hook'}${beta && ', beta'}`, () =>
        withServices({ pollsUntilDone: 0 }, async (services) => {
          const env = { STEPS: 'create poll results', WRAP_BATCHES: '1', HOOKS: hooks, BETA: beta };
          const { rows } = await run(services, 'batches.mjs', env);
          assert.equal(mergeRows(rows).length, 8);
        }));
    }
  }

  it('gives the application the same promises, pages, streams and errors with the hook as without it', async () => {
    const seen = (hooks: string) =>
      withServices({}, async (services) => {
        const { stdout, stderr } = await run(services, 'batches-seen.mjs', { HOOKS: hooks });
        assert.equal(stderr, '');
        return stdout.replace(/(msgbatch|msg|req)_01\w+/g, '$1').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
      });
    assert.equal(await seen('braintrust-bedrock/hook.mjs'), await seen(NOTHING));
  });
});

describe('a batch of 10,000 requests', () => {
  it('has a row for each, names some of its ids and says how many it leaves out', () =>
    withServices({ pollsUntilDone: 0 }, async (services) => {
      const { rows, stderr } = await run(services, 'batches.mjs', { STEPS: 'create', COUNT: '10000' });
      assert.equal(stderr, '');
      assert.equal(named(rows, REQUEST).length, 10_000);
      assert.equal(new Set(named(rows, REQUEST).map(({ id }) => id)).size, 10_000);
      assert.doesNotMatch(JSON.stringify(named(rows, REQUEST)), /mutated/, 'they were written after the application had changed its own');
      const [batch] = named(rows, CREATE);
      const ids = batch?.metadata?.customIds;
      assert.ok(Array.isArray(ids) && ids.length === 101);
      assert.equal(string(ids.at(-1)), '[9900 of 10000 items cut]');
      assert.ok(isObject(batch?.metadata) && batch.metadata.requestCount === 10_000);
    }));

  it('is let go of once its rows are written', () =>
    withServices({}, async (services) => {
      const { stdout } = await run(services, 'batches.mjs', { STEPS: 'heap', COUNT: '10000', NODE_OPTIONS: '--expose-gc' });
      const [count, megabytes] = stdout.trim().split(' ').map(Number);
      assert.equal(count, 10_000);
      assert.ok(Number(megabytes) < 8, `${megabytes} MiB are left`);
    }));
});
