// An application that makes some calls and then ends in the way that its first argument names. OWN=1: it has a logger of its own.
const { once } = require('node:events');
const { writeSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { isMainThread, Worker } = require('node:worker_threads');
const cluster = require('node:cluster');

const how = process.argv[2] ?? 'natural';
const CALLS = Number(process.env.CALLS ?? 3);
if (process.env.OWN) require('braintrust').initLogger({ projectName: 'its own' });
const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const input = (text = 'Hello') => ({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text }] }] });
let client;

async function calls(count = CALLS) {
  client = new BedrockRuntimeClient({ maxAttempts: 1 });
  for (let made = 0; made < count; made++) await client.send(new ConverseCommand(input()));
  console.log(`${count} calls`);
  mark();
}

/** Tells who has started this program when its work was done: what comes after it is its end. */
function mark() {
  try {
    writeSync(3, `${Date.now()}\n`);
  } catch {
    // started by somebody who does not ask
  }
}

/** A call that Bedrock is slow to answer. */
function slowCall() {
  void client.send(new ConverseCommand(input('slow'))).catch(() => {});
  return sleep(100);
}

/** A process that would live on. */
const live = () => setInterval(() => {}, 1000);

async function signal(name, prepare = () => {}) {
  prepare(name);
  await calls();
  live();
  process.kill(process.pid, name);
}

const exitOn = (name) => process.on(name, () => process.exit(5));
const closeOn = (name) =>
  process.on(name, () => {
    console.log('closing');
    setTimeout(() => process.exit(0), 100);
  });
const ignore = (name) =>
  process.on(name, () => {
    console.log('ignored');
    setTimeout(() => process.exit(6), 50);
  });
const signalExit3 = () => require('signal-exit-3')((code, name) => console.log('signal-exit 3', code, name));
const signalExit4 = () => {
  require('signal-exit-4').onExit((code, name) => {
    console.log('signal-exit 4', code, name);
  });
};

const ENDS = {
  natural: async () => {
    await calls();
    client.destroy();
  },
  'exit-code': async () => {
    await calls();
    process.exitCode = 3;
    client.destroy();
  },
  exit: async () => {
    await calls();
    process.exit(7);
  },
  'exit-with-file': async () => {
    client = new BedrockRuntimeClient({ maxAttempts: 1 });
    const image = { image: { format: 'png', source: { bytes: Buffer.from('a picture') } } };
    const [message] = input('see').messages;
    await client.send(new ConverseCommand({ ...input(), messages: [{ ...message, content: [...message.content, image] }] }));
    process.exit(0);
  },
  'exit-in-call': async () => {
    await calls();
    await slowCall();
    process.exit(0);
  },
  'exit-in-stream': async () => {
    await calls();
    const { stream } = await client.send(new ConverseStreamCommand(input('stream')));
    let seen = 0;
    for await (const _ of stream) if (++seen === 3) process.exit(0);
  },
  'exit-in-listener': async () => {
    process.on('exit', (code) => {
      console.log('exit', code);
      process.exit(4);
    });
    await calls();
    process.exit(1);
  },
  'exit-in-before-exit': async () => {
    process.on('beforeExit', () => process.exit(8));
    await calls();
    client.destroy();
  },
  'call-in-before-exit': async () => {
    let again = true;
    process.on('beforeExit', async () => {
      if (!again) return;
      again = false;
      await calls(1);
      client.destroy();
    });
    await calls();
    client.destroy();
  },
  'remove-all-listeners': async () => {
    await calls();
    process.removeAllListeners();
    await calls(1);
    process.exit(2);
  },
  sigterm: () => signal('SIGTERM'),
  sigint: () => signal('SIGINT'),
  sighup: () => signal('SIGHUP'),
  'sigterm-exits': () => signal('SIGTERM', exitOn),
  'sigint-closes': () => signal('SIGINT', closeOn),
  'sigint-ignored': () => signal('SIGINT', ignore),
  'sighup-exits': () => signal('SIGHUP', exitOn),
  'sigterm-signal-exit-3': () => signal('SIGTERM', signalExit3),
  'sigterm-signal-exit-4': () => signal('SIGTERM', signalExit4),
  'sigint-signal-exit-both': () => signal('SIGINT', () => [signalExit3(), signalExit4()]),
  'sigterm-in-call': async () => {
    await calls();
    await slowCall();
    live();
    process.kill(process.pid, 'SIGTERM');
  },
  uncaught: async () => {
    await calls();
    setTimeout(() => {
      throw new TypeError('nobody catches this');
    });
    live();
  },
  'uncaught-listener': async () => {
    process.on('uncaughtException', (error) => {
      console.log('caught', error.message);
      process.exit(9);
    });
    await calls();
    throw new Error('somebody hears this');
  },
  rejection: async () => {
    await calls();
    Promise.reject(new RangeError('nobody handles this'));
    live();
  },
  'worker-natural': async () => {
    const worker = new Worker(__filename, { argv: ['natural'] });
    console.log('worker', ...(await once(worker, 'exit')));
  },
  'worker-terminate': async () => {
    const worker = new Worker(__filename, { argv: ['wait'] });
    await once(worker, 'message');
    await sleep(20);
    console.log('worker', await worker.terminate());
  },
  'worker-exit': async () => {
    const worker = new Worker(__filename, { argv: ['exit'] });
    console.log('worker', ...(await once(worker, 'exit')));
  },
  'worker-main-exits': async () => {
    const worker = new Worker(__filename, { argv: ['wait'] });
    await once(worker, 'message');
    process.exit(3);
  },
  'worker-throws': async () => {
    const worker = new Worker(__filename, { argv: ['uncaught'] });
    worker.on('error', (error) => console.log('worker failed', error.message));
    console.log('worker', ...(await once(worker, 'exit')));
  },
  wait: async () => {
    await calls();
    require('node:worker_threads').parentPort.postMessage('done');
    live();
  },
  cluster: async () => {
    if (!cluster.isPrimary) {
      await calls();
      process.send('done');
      return;
    }
    const worker = cluster.fork();
    await once(worker, 'message');
    worker.disconnect();
    console.log('cluster', ...(await once(worker, 'exit')));
  },
  'cluster-kill': async () => {
    if (!cluster.isPrimary) {
      await calls();
      process.send('done');
      live();
      return;
    }
    const worker = cluster.fork();
    await once(worker, 'message');
    worker.kill();
    console.log('cluster', ...(await once(worker, 'exit')));
  },
  /** A service: a call every now and then, for so many milliseconds. */
  serve: async () => {
    let count = 0;
    client = new BedrockRuntimeClient({ maxAttempts: 1 });
    for (; count < CALLS; count++) {
      await client.send(new ConverseCommand(input()));
      await sleep(Number(process.env.SERVE_MS) / CALLS);
    }
    client.destroy();
    console.log(`${count} calls`);
    mark();
  },
};

if (isMainThread || ENDS[how]) void ENDS[how]();
