import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults, Ingest } from '../../demo/ingest';
import type { Fault } from './scene';

/** All is wrong for good. */
const always = (faults: Faults) => (ingest: Ingest) => ingest.set(faults);

/** It is wrong for so long, from the start of the program on. */
const lasting = (ms: number, faults: Faults) => async (ingest: Ingest) => {
  await ingest.set(faults);
  await sleep(ms);
  await ingest.set({});
};

const BUSY: Faults = { login: { status: 503 }, rows: { status: 503 }, others: { status: 503 } };
const HANGING: Faults = { login: 'hang', rows: 'hang', others: 'hang' };
const LOST = /\d spans? (was|were) lost/;
const SPOOLED = /3 spans are in /;

/** Ends of a process whose Braintrust is well. */
const ENDS: Fault[] = [
  { name: 'natural end', how: 'natural', laterMs: 10_000 },
  { name: 'natural end with an exit code', how: 'exit-code', laterMs: 10_000 },
  { name: '`process.exit` right after a call', how: 'exit' },
  { name: '`process.exit` during a call', how: 'exit-in-call', rows: 4, incomplete: 1 },
  { name: '`process.exit` in the middle of a stream', how: 'exit-in-stream', rows: 4, incomplete: 1 },
  { name: '`process.exit` in an `exit` listener', how: 'exit-in-listener' },
  { name: '`process.exit` in a `beforeExit` listener', how: 'exit-in-before-exit', laterMs: 10_000 },
  { name: 'further calls in a `beforeExit` listener', how: 'call-in-before-exit', laterMs: 10_000, rows: 4 },
  { name: '`process.removeAllListeners`, a further call, `process.exit`', how: 'remove-all-listeners', rows: 4 },
  { name: 'SIGTERM', how: 'sigterm' },
  { name: 'SIGINT', how: 'sigint' },
  { name: 'SIGHUP', how: 'sighup' },
  { name: 'SIGTERM during a call', how: 'sigterm-in-call', rows: 4, incomplete: 1 },
  { name: 'SIGTERM, the application exits', how: 'sigterm-exits' },
  { name: 'SIGINT, the application closes and exits later', how: 'sigint-closes' },
  { name: 'SIGINT, the application lives on', how: 'sigint-ignored' },
  { name: 'SIGHUP, the application exits', how: 'sighup-exits' },
  { name: 'SIGTERM with signal-exit 3', how: 'sigterm-signal-exit-3' },
  { name: 'SIGTERM with signal-exit 4', how: 'sigterm-signal-exit-4' },
  { name: 'SIGINT with signal-exit 3 and 4', how: 'sigint-signal-exit-both' },
  { name: 'uncaught exception', how: 'uncaught' },
  { name: 'uncaught exception that the application hears', how: 'uncaught-listener' },
  { name: 'unhandled rejection', how: 'rejection' },
  { name: 'a worker thread that ends', how: 'worker-natural', laterMs: 10_000 },
  { name: '`worker.terminate()`', how: 'worker-terminate' },
  { name: '`process.exit` in a worker', how: 'worker-exit' },
  { name: '`process.exit` in the main thread, with a worker', how: 'worker-main-exits' },
  { name: 'uncaught exception in a worker', how: 'worker-throws' },
  { name: 'a cluster worker that is disconnected', how: 'cluster' },
  { name: 'a cluster worker that is killed (SIGTERM)', how: 'cluster-kill' },
];

/** A Braintrust that is not well. */
const OUTAGES: Fault[] = [
  { name: 'the first login fails (503)', how: 'serve', env: { SERVE_MS: '3000' }, ingest: lasting(1500, { login: { status: 503 } }) },
  { name: 'the first login fails, then `process.exit`', how: 'exit', ingest: lasting(400, { login: { status: 503 } }), long: true },
  { name: 'answers that break off, natural end', how: 'natural', ingest: lasting(2500, { rows: 'half' }), laterMs: 5000 },
  { name: 'answers that are lost, natural end', how: 'natural', ingest: lasting(2500, { rows: 'lost' }), laterMs: 5000 },
  {
    name: 'garbage in place of answers for 3 s',
    how: 'natural',
    ingest: lasting(3000, { login: 'garbage', rows: 'garbage' }),
    laterMs: 5000,
  },
  {
    name: 'slow ingest (3 s an answer), natural end',
    how: 'natural',
    ingest: always({ delayMs: 3000 }),
    laterMs: 12_000,
    long: true,
  },
  ...(['refused', '503', 'hanging'] as const).flatMap((kind) => {
    const faults: Faults = kind === 'refused' ? { down: true } : kind === '503' ? BUSY : HANGING;
    return [8, 60].map((seconds): Fault => {
      const ms = seconds * 1000;
      const env = { SERVE_MS: String(ms + 20_000), CALLS: '20' };
      const said = kind === 'hanging' && seconds === 8 ? /^/ : /^(.*spans are kept, and sent when it can\.)?$/;
      return {
        name: `${seconds} s outage (${kind})`,
        how: 'serve',
        env,
        ingest: lasting(ms, faults),
        rows: 20,
        said,
        laterMs: 12_000,
        long: true,
      };
    });
  }),
  {
    name: '401, natural end',
    how: 'natural',
    ingest: always({ login: { status: 401 } }),
    rows: 0,
    said: /refuses the key in BRAINTRUST_API_KEY \(401\)/,
  },
  {
    name: '401 for rows only, `process.exit`',
    how: 'exit',
    ingest: always({ rows: { status: 401 } }),
    rows: 0,
    said: /lost: .*refuses the key/,
  },
  { name: 'garbage for good, `process.exit`', how: 'exit', ingest: always({ login: 'garbage', rows: 'garbage' }), rows: 0, said: LOST },
  {
    name: 'down for good, natural end',
    how: 'natural',
    ingest: always({ down: true }),
    rows: 0,
    said: LOST,
    laterMs: 10_000,
    long: true,
  },
  {
    name: 'hanging for good, natural end',
    how: 'natural',
    ingest: always(HANGING),
    rows: 0,
    said: LOST,
    laterMs: 10_000,
    long: true,
  },
  { name: 'down for good, `process.exit`', how: 'exit', ingest: always({ down: true }), rows: 0, said: LOST },
  { name: 'hanging for good, `process.exit`', how: 'exit', ingest: always(HANGING), rows: 0, said: LOST },
  { name: 'hanging for good, SIGTERM', how: 'sigterm', ingest: always(HANGING), rows: 0, said: LOST },
  { name: 'down for good, uncaught exception', how: 'uncaught', ingest: always({ down: true }), rows: 0, said: LOST },
  { name: 'down for good, `process.exit`, with a spool', how: 'exit', ingest: always({ down: true }), rows: 0, said: SPOOLED, spool: true },
  { name: 'hanging for good, SIGTERM, with a spool', how: 'sigterm', ingest: always(HANGING), rows: 0, said: SPOOLED, spool: true },
  {
    name: '503 for good, natural end, with a spool',
    how: 'natural',
    ingest: always(BUSY),
    rows: 0,
    said: SPOOLED,
    spool: true,
    laterMs: 10_000,
    long: true,
  },
];

export const FAULTS: readonly Fault[] = [...ENDS, ...OUTAGES];
