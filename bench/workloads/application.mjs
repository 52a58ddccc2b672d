// An application that does what it is told, over the channel to its parent, and tells what it took.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import v8 from 'node:v8';

// As an application would: its logger first, then its calls.
if (process.env.BENCH_LOGGER) {
  const { initLogger } = await import('braintrust');
  initLogger({ projectName: process.env.BRAINTRUST_PROJECT });
}
const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
const { CALLS, streamOf } = await import('./calls.mjs');
const { canned } = await import('./canned.mjs');
const { watchLoop } = await import('./probe.mjs');

const client = new BedrockRuntimeClient({});
/** Answers without a network: nothing but the application's own process has a part in how long a call takes. */
const unwired = new BedrockRuntimeClient({ requestHandler: canned() });
/** The same, for calls by the `send` that a tracer has replaced: nothing of it comes near this client. */
const untouched = new BedrockRuntimeClient({ requestHandler: canned() });
const { send: replaced } = Object.getPrototypeOf(BedrockRuntimeClient.prototype);

let index = 0;
let cpu = process.cpuUsage();
let stopWatching;
let lastEvent = 0;

const micros = (since) => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
const quantile = (values, at) => values.sort((a, b) => a - b)[Math.floor(values.length * at)] ?? 0;

/** One call to its end. Gives its duration and, of a stream, the time to its first event (ms). */
async function call(name, events, through = client, atEnd = undefined) {
  const command = CALLS[name](index++, events);
  const start = performance.now();
  const answer = await through.send(command);
  const answered = performance.now();
  const stream = streamOf(answer);
  if (!stream) return { took: answered - start };
  let first = 0;
  let count = 0;
  for await (const _event of stream) {
    if (count++ === 0) first = performance.now() - start;
    if (count === events) {
      lastEvent = performance.now();
      atEnd?.();
    }
  }
  if (count !== events) throw new Error(`${count} of ${events} events`);
  return { took: performance.now() - start, first };
}

/** `lanes` at a time, or one every `everyMs` on average at uneven distances, however long the others take. */
async function calls({ name, count, events, lanes = 1, everyMs }) {
  const took = [];
  const firsts = [];
  let left = count;
  const one = async () => {
    const result = await call(name, events);
    took.push(result.took);
    if (result.first !== undefined) firsts.push(result.first);
  };
  if (everyMs) {
    const running = [];
    for (; left > 0; left--) {
      running.push(one());
      await sleep(everyMs * (0.2 + 1.6 * ((left * 0.618_034) % 1)));
    }
    await Promise.all(running);
  } else {
    const lane = async () => {
      while (left-- > 0) await one();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  return { p50: quantile(took, 0.5) * 1000, p99: quantile(took, 0.99) * 1000, first: median(firsts) * 1000 };
}

function heap() {
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Without a collection in between, what has been allocated is what the heap has grown by. */
function grown() {
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Counts collections without delay: a `PerformanceObserver` hears of them when it pleases. */
let collector;
let allocatedFrom = 0;

const ORDERS = {
  /** CPU from here to the order `usage` (µs), so that what is done after the calls counts, too. */
  async run(order) {
    cpu = process.cpuUsage();
    const start = performance.now();
    const times = await calls(order);
    return { ...times, wallMs: performance.now() - start };
  },

  usage: () => ({ cpu: micros(cpu) }),

  /**
   * What stands between the application and its answer, without a network: from `send` to the next line, as CPU and by the clock, and
   * within `send` itself (µs). On a machine that does something else, too, the clock tells of that.
   *
   * @param isBeside after each lot of calls comes one by the `send` that was replaced, and `beside` is how much more CPU the first one's take:
   * nothing but the tracer is different, in one process, at one moment, with the same code of the SDK as hot. Otherwise both are the tracer's.
   */
  async path({ name, lots, lot, isBeside }) {
    const seen = { cpu: [], path: [], sync: [] };
    const without = [];
    const one = async (send, client) => {
      const command = CALLS[name](index++);
      const before = process.cpuUsage();
      const start = process.hrtime.bigint();
      const promise = send.call(client, command);
      const sent = process.hrtime.bigint();
      await promise;
      const path = Number(process.hrtime.bigint() - start) / 1000;
      const cpu = micros(before);
      await turn();
      return { cpu, path, sync: Number(sent - start) / 1000 };
    };
    const { send } = BedrockRuntimeClient.prototype;
    for (let i = 0; i < 2 * lots * lot; i++) {
      const isOther = isBeside && Math.floor(i / lot) % 2 === 1;
      const took = isOther ? await one(replaced, untouched) : await one(send, unwired);
      if (isOther) without.push(took.cpu);
      else for (const [metric, values] of Object.entries(seen)) values.push(took[metric]);
    }
    const [cpu, path, sync] = Object.values(seen).map(median);
    return { cpu, path, sync, ...(isBeside && { beside: cpu - median(without) }) };
  },

  /** Bytes that one call allocates before it has its answer, and from here to the order `allocated` by the call. */
  async allocate({ name, count, events }) {
    heap();
    await sleep(50); // the memory of buffers is given back beside the collection, and after it
    collector = new v8.GCProfiler();
    collector.start();
    allocatedFrom = grown();
    const paths = [];
    const copied = [];
    const { send } = unwired;
    unwired.send = (...args) => {
      const before = process.memoryUsage().arrayBuffers;
      const answer = send.apply(unwired, args);
      copied.push(process.memoryUsage().arrayBuffers - before);
      return answer;
    };
    for (let i = 0; i < count; i++) {
      const before = grown();
      await call(name, events, unwired);
      paths.push(grown() - before);
    }
    delete unwired.send;
    return { path: median(paths), copied: median(copied) };
  },

  async allocated({ count }) {
    const bytes = (grown() - allocatedFrom) / count;
    const collections = collector.stop()?.statistics.length ?? 0;
    return { bytes, collections };
  },

  watch() {
    stopWatching = watchLoop();
    return {};
  },

  /** The longest turn of the loop from the last event on. */
  watched: () => ({ block: stopWatching(lastEvent) }),

  /** What the heap holds as the last event comes, over what it held before the stream. */
  async held({ name, events }) {
    const before = heap();
    let at = 0;
    await call(name, events, client, () => {
      at = heap();
    });
    return { bytes: at - before };
  },

  heap: () => ({ bytes: heap() }),

  /** Calls without a network, and what the heap holds after them. */
  async stow({ name, count }) {
    for (let i = 0; i < count; i++) {
      await call(name, undefined, unwired);
      if (i % 8 === 0) await turn();
    }
    await sleep(50);
    return { bytes: heap() };
  },

  /** Streams that nobody reads. */
  async abandon({ count }) {
    for (let i = 0; i < count; i++) {
      await unwired.send(CALLS.converseStream(index++, 10));
      if (i % 250 === 249) {
        globalThis.gc();
        await sleep(1);
      }
    }
    return {};
  },
};

process.on('message', async ({ order, ...details }) => {
  try {
    process.send(await ORDERS[order](details));
  } catch (error) {
    process.send({ failed: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
