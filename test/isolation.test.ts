import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as sdk from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as braintrust from 'braintrust';
import { type Bedrock, failure, startBedrock } from '../demo/bedrock';
import { type Ingest, startIngest } from '../demo/ingest';
import { isObject } from '../src/read';

/*
 * The application runs with each function of this package replaced, one after the other, by one that throws. It must never notice.
 * The package is built file by file for it: in CommonJS every call from one to another goes through the exports that are replaced here.
 */
const DIST = join(__dirname, '../.unbundled');
// guard.js is what the rest is guarded with; the loader runs before any call and has its own tests.
const LEFT_OUT = new Set(['guard.js', 'loader.js', 'index.js', 'version.js']);
// The line itself: it is what calls the application's own send.
const THE_CALL = 'trace.js.traceSend';

execFileSync(process.execPath, [join(__dirname, '../node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', DIST], {
  cwd: join(__dirname, '..'),
});

const files = readdirSync(DIST, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.js') && !LEFT_OUT.has(file));

class Fault extends Error {}
const fault = () => {
  throw new Fault('a fault of telemetry');
};

/** A place where a function can be replaced. */
interface Point {
  name: string;
  holder: object;
  key: string;
}

function points(): Point[] {
  const found: Point[] = [];
  const seen = new Set<unknown>();
  const visit = (holder: object, name: string) => {
    if (seen.has(holder)) return;
    seen.add(holder);
    for (const key of Object.getOwnPropertyNames(holder)) {
      const descriptor = Object.getOwnPropertyDescriptor(holder, key);
      if (!descriptor?.writable || key === 'constructor') continue;
      const value: unknown = descriptor.value;
      if (typeof value === 'function') {
        found.push({ name: `${name}.${key}`, holder, key });
        if (isObject(value.prototype)) visit(value.prototype, `${name}.${key}.prototype`);
      } else if (isObject(value)) visit(value, `${name}.${key}`);
    }
  };
  for (const file of files) visit(require(join(DIST, file)), file);
  return found;
}

const EVENTS = [
  { messageStart: { role: 'assistant' } },
  { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'one ' } } },
  { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'two' } } },
  { messageStop: { stopReason: 'end_turn' } },
];

let bedrock: Bedrock;
let ingest: Ingest;
let client: sdk.BedrockRuntime;
before(async () => {
  [bedrock, ingest] = await Promise.all([
    startBedrock({
      respond({ operation, body }) {
        if (JSON.stringify(body ?? '').includes('fail')) return failure(400, 'ValidationException', 'no');
        if (operation !== 'ConverseStream') return undefined;
        return {
          events: JSON.stringify(body).includes('break')
            ? [...EVENTS.slice(0, 2), { exception: 'modelStreamErrorException', message: 'broke' }]
            : EVENTS,
        };
      },
    }),
    startIngest(),
  ]);
  Object.assign(process.env, ingest.env);
  braintrust.initLogger({ projectName: 'isolation' });
  client = new sdk.BedrockRuntime({
    region: 'us-east-1',
    endpoint: bedrock.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: new NodeHttpHandler(),
  });
});
after(async () => {
  client.destroy();
  await Promise.all([bedrock.close(), ingest.close()]);
});

/** Everything the application sees of its calls, without what differs from call to call. */
async function application(): Promise<unknown[]> {
  const seen: unknown[] = [];
  const note = (value: unknown) =>
    seen.push(
      value instanceof Error
        ? [value.name, value.message]
        : JSON.parse(
            JSON.stringify(value, (key, member) => (/^(\$metadata|metrics|latencyMs|requestId)$/.test(key) ? undefined : member)) ?? 'null',
          ),
    );
  const attempt = async (run: () => unknown) => {
    try {
      note(await run());
    } catch (error) {
      note(error);
    }
  };
  const conversation = (text: string) => ({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user' as const, content: [{ text }] }] });
  const stream = async (text: string, most: number) => {
    let count = 0;
    for await (const event of (await client.converseStream(conversation(text))).stream ?? []) {
      note(event);
      if (++count === most) break;
    }
  };
  const image = { image: { format: 'png' as const, source: { bytes: new Uint8Array(64).fill(7) } } };
  await attempt(() => client.converse({ ...conversation('hello'), messages: [{ role: 'user', content: [{ text: 'see' }, image] }] }));
  await attempt(() => client.converse(conversation('fail')));
  await attempt(
    () => new Promise((resolve) => client.send(new sdk.ConverseCommand(conversation('hello')), (error, data) => resolve([error, data]))),
  );
  await attempt(() => new Promise((resolve) => client.send(new sdk.ConverseCommand(conversation('fail')), (error) => resolve(error))));
  await attempt(() => stream('hello', 99));
  await attempt(() => stream('hello', 2));
  await attempt(() => stream('break', 99));
  for (const modelId of [
    'anthropic.claude-3-haiku-20240307-v1:0',
    'amazon.nova-lite-v1:0',
    'openai.gpt-oss-120b-1:0',
    'acme.unheard-of-v1:0',
  ]) {
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 20,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
    });
    await attempt(async () => Object.keys(JSON.parse((await client.invokeModel({ modelId, body })).body.transformToString())));
    await attempt(async () => {
      let chunks = 0;
      for await (const { chunk } of (await client.invokeModelWithResponseStream({ modelId, body })).body ?? []) chunks += chunk ? 1 : 0;
      return chunks;
    });
  }
  await attempt(
    async () =>
      (await client.countTokens({ modelId: 'anthropic.claude-3-haiku-20240307-v1:0', input: { converse: conversation('hello') } }))
        .inputTokens,
  );
  return seen;
}

/** The functions that a run calls: a fault in another one would show nothing. */
async function calledBy(run: () => Promise<unknown>, all: Point[]): Promise<Point[]> {
  const called = new Set<Point>();
  const originals = all.map(({ holder, key }): unknown => Reflect.get(holder, key));
  for (const point of all) {
    const note = () => void called.add(point);
    const watched = new Proxy(Reflect.get(point.holder, point.key), {
      apply(target, receiver, args) {
        note();
        return Reflect.apply(target, receiver, args);
      },
      construct(target, args, type) {
        note();
        return Reflect.construct(target, args, type);
      },
    });
    Reflect.set(point.holder, point.key, watched);
  }
  try {
    await run();
    await sleep(1000); // what is done when the calls are over
  } finally {
    for (const [index, { holder, key }] of all.entries()) Reflect.set(holder, key, originals[index]);
  }
  return all.filter((point) => called.has(point));
}

describe('an application whose telemetry fails', () => {
  it('sees what it sees without telemetry, whichever function throws', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    process.on('uncaughtException', onError).on('unhandledRejection', onError);
    try {
      const without = await application();
      const { patchBedrockRuntime } = require(join(DIST, 'client.js'));
      patchBedrockRuntime(sdk);
      assert.deepEqual(await application(), without, 'with telemetry that works');

      const all = points().filter(({ name }) => name !== THE_CALL);
      const used = await calledBy(application, all);
      assert.ok(used.length > 50, `only ${used.length} of ${all.length} functions are called`);
      let called = 0;
      for (const { name, holder, key } of used) {
        const original: unknown = Reflect.get(holder, key);
        let thrown = false;
        Reflect.set(holder, key, () => {
          thrown = true;
          fault();
        });
        try {
          assert.deepEqual(await application(), without, `with ${name} throwing`);
        } finally {
          Reflect.set(holder, key, original);
        }
        if (thrown) called++;
      }
      assert.ok(called > 50, `only ${called} of ${used.length} faults were reached`);
      assert.deepEqual(errors, []);
      console.log(`${called} of ${all.length} functions were called, and threw`);
    } finally {
      process.off('uncaughtException', onError).off('unhandledRejection', onError);
    }
  });
});
