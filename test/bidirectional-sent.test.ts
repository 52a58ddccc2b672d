import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BedrockRuntimeClient,
  InvokeModelWithBidirectionalStreamCommand,
  type InvokeModelWithBidirectionalStreamCommandOutput,
  type InvokeModelWithBidirectionalStreamInput,
} from '@aws-sdk/client-bedrock-runtime';
import { tap } from '../src/observe';
import { startTraced, type Traced } from './helpers/traced';
import { eventOf, SETUP, say } from './helpers/voice';

let traced: Traced;
before(async () => {
  traced = await startTraced({
    respond: ({ inbound }) => ({
      events: (async function* () {
        for await (const { event } of inbound) yield { chunk: { event: { echo: event } } };
      })(),
    }),
  });
});
after(() => traced.close());

type Events = AsyncIterable<InvokeModelWithBidirectionalStreamInput>;
type Send = (command: InvokeModelWithBidirectionalStreamCommand) => Promise<InvokeModelWithBidirectionalStreamCommandOutput>;

const commandOf = (body: Events) => new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-sonic-v1:0', body });

/** What `send` does, called past `send`: the same SDK without us. */
function untraced(client: BedrockRuntimeClient): Send {
  return async (command) => (await command.resolveMiddleware(client.middlewareStack, client.config, {})(command)).output;
}

/** What happens in an application, with us and without. */
async function both(application: (send: Send, log: string[]) => Promise<void>, written = 1) {
  const logs: string[][] = [];
  let spans = 0;
  for (const isTraced of [false, true]) {
    const client = traced.client({ http2: true });
    const send: Send = isTraced ? (command) => client.send(command) : untraced(client);
    const log: string[] = [];
    spans = (await traced.spansOf(() => application(send, log))).length;
    assert.equal(spans, isTraced ? written : 0);
    await sleep(30);
    logs.push(log);
  }
  const [without, withUs] = logs;
  assert.ok(without && without.length > 2);
  return { without, withUs };
}

/** Yields an event whenever the last has come back. */
function source(log: string[], count: number, end: () => IteratorResult<never> = () => ({ done: true, value: undefined })) {
  let heard = () => {};
  const events: Events & { heard(): void } = {
    heard: () => heard(),
    [Symbol.asyncIterator]() {
      log.push('iterate');
      let index = 0;
      return {
        async next(...args: unknown[]) {
          log.push(`next ${index} (${args.length})`);
          if (index > 0) {
            await new Promise<void>((resolve) => {
              heard = resolve;
            });
          }
          if (index === count) return end();
          return { done: false, value: say({ textInput: { content: String(index++) } }) };
        },
        async return() {
          log.push('return');
          return { done: true, value: undefined };
        },
      };
    },
  };
  return events;
}

describe('the events that an application sends', () => {
  it('are pulled at the same points with us and without, one by one', async () => {
    const { without, withUs } = await both(async (send, log) => {
      const events = source(log, 5);
      const { body } = await send(commandOf(events));
      for await (const event of body ?? []) {
        log.push(`heard ${JSON.stringify(eventOf(event))}`);
        await sleep(5);
        events.heard();
      }
    });
    assert.deepEqual(withUs, without);
    assert.equal(without.filter((line) => line.startsWith('heard')).length, 5);
  });

  it('come from the very object of the application, which stays as it was', async () => {
    const events = source([], 1);
    const keys = Reflect.ownKeys(events);
    const iterate = events[Symbol.asyncIterator];
    const command = commandOf(Object.freeze(events));
    await traced.spansOf(async () => {
      const { body } = await traced.client({ http2: true }).send(command);
      for await (const _ of body ?? []) events.heard();
    });
    assert.equal(command.input.body, events);
    assert.deepEqual(Reflect.ownKeys(events), keys);
    assert.equal(events[Symbol.asyncIterator], iterate);
  });

  it('are let go of as without us when the application stops reading', async () => {
    const { without, withUs } = await both(async (send, log) => {
      async function* microphone() {
        try {
          for (const event of SETUP) yield say(event);
          await sleep(250);
          yield say({ sessionEnd: {} });
          log.push('end');
        } finally {
          log.push('finally');
        }
      }
      const { body } = await send(commandOf(microphone()));
      for await (const event of body ?? []) {
        log.push(`heard ${Object.keys(eventOf(event))}`);
        break;
      }
      await sleep(500);
    });
    assert.deepEqual(withUs, without);
  });

  it('are closed where their consumer closes them, with its value or its error', async () => {
    const log: unknown[] = [];
    async function* events() {
      try {
        yield 1;
        yield 2;
      } finally {
        log.push('finally');
      }
    }
    for await (const event of tap(events(), (heard) => log.push(heard))) if (event === 1) break;
    const iterator = tap(events(), () => {})[Symbol.asyncIterator]();
    await iterator.next();
    await assert.rejects(async () => iterator.throw?.(new Error('mine')), /mine/);
    assert.deepEqual(log, [1, 'finally', 'finally']);
  });

  it('fail as without us where the application cannot make the first', async () => {
    const mine = new Error('no microphone');
    const { without, withUs } = await both(async (send, log) => {
      const events = source(log, 0, () => {
        throw mine;
      });
      await send(commandOf(events)).catch((error) =>
        log.push(`caught ${error.message}, the same ${error === mine}, ${error.cause === mine}`),
      );
      log.push('end');
    });
    assert.deepEqual(withUs, without);
    assert.match(without.join('\n'), /^caught .*no microphone/m);
  });

  it('fail as without us where the application cannot make a later one', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error instanceof Error ? error.message : error);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', listener);
    // The SDK tells nobody, and leaves the answer open: so does it with us.
    const application = async (send: Send, log: string[]) => {
      unhandled.length = 0;
      const events = source(log, 2, () => {
        log.push('throw');
        throw new Error('the microphone broke');
      });
      const { body } = await send(commandOf(events));
      const read = async () => {
        for await (const event of body ?? []) {
          log.push(`heard ${JSON.stringify(eventOf(event))}`);
          events.heard();
        }
      };
      await Promise.race([
        read().then(
          () => log.push('done'),
          (error) => log.push(`caught ${error}`),
        ),
        sleep(200),
      ]);
      log.push(`unhandled ${unhandled}`);
    };
    const { without, withUs } = await both(application, 0);
    process.removeListener('unhandledRejection', listener);
    for (const other of others) process.on('unhandledRejection', other);
    assert.deepEqual(withUs, without);
    assert.ok(without.includes('throw'));
  });
});
