import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { asWritten } from '../as-written';
import { guard } from '../guard';
import { Queue } from './queue';
import { isHandingOver } from './threads';

/** AWS Lambda stops between two calls: nothing can wait there. */
export const STOPS = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/** How long work waits for more, in milliseconds: the less often it is done, the fewer of the application's calls find it in their way. */
const LINGER_MS = STOPS ? 0 : 250;
/** The first of a process waits for less: with its row the log-in begins, and a short program is done with that by its end. */
const FIRST_LINGER_MS = STOPS ? 0 : 40;
/** How long work is done before the application has its turn, in milliseconds. */
const SLICE_MS = 2;
/** How much work waits no longer, and how much does not even wait for the next turn: that much of it is done at once. */
const PLENTY = { count: 64, bytes: 1024 * 1024 };
const TOO_MUCH = { count: 2000, bytes: 16 * 1024 * 1024 };

/** What is done when the application has had its answer: reading what a call was about, and writing it as JSON. */
interface Work {
  run: () => void;
  /** About how many bytes it holds until then. */
  size: number;
}

const waiting = new Queue<Work>();
/** Bytes that it holds. */
let held = 0;
let lingerMs = FIRST_LINGER_MS;
let timer: NodeJS.Timeout | undefined;
let scheduled = false;
let working = false;
let busy: (() => void) | undefined;

/** Whether work is being done. */
export const isWorking = (): boolean => working;

export const isWorkLeft = (): boolean => waiting.length > 0;

/** Tells `told` whenever there is something to deliver. */
export function onBusy(told: () => void): void {
  busy = told;
}

/** There is something to deliver. */
export const setBusy = (): void => busy?.();

/**
 * Does work for telemetry when the application has had its turn: some at once costs less than one by one between the application's own.
 * Earlier where the process ends, or too much waits. Never throws.
 * @param size about how many bytes it holds until then
 */
export function afterwards(run: () => void, size = 0): void {
  if (waiting.length === 0) setBusy();
  waiting.add({ run, size });
  held += size;
  // A worker may be ended before its next turn.
  if (isHandingOver()) workAll();
  // The last one waits for its turn all the same: the application has its answer next.
  while (waiting.length > 1 && exceeds(TOO_MUCH, size)) work(waiting.take());
  if (waiting.length === 0) return;
  if (lingerMs === 0 || exceeds(PLENTY)) soon();
  else if (!scheduled) timer ??= setTimeout(soon, lingerMs).unref();
}

const exceeds = ({ count, bytes }: typeof PLENTY, last = 0): boolean => waiting.length > count || held - last > bytes;

function soon(): void {
  clearTimeout(timer);
  timer = undefined;
  lingerMs = LINGER_MS;
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => guard('write', workSome));
}

function workSome(): void {
  scheduled = false;
  const end = performance.now() + SLICE_MS;
  // One at a time: what a user's own function does in between may add to them, or have all of them done.
  while (waiting.length > 0 && performance.now() < end) work(waiting.take());
  if (waiting.length > 0) soon();
}

/** Does what waits, now: what comes after it finds it done. */
export function workAll(): void {
  for (let left = waiting.length; left > 0; left--) work(waiting.take());
}

function work(one: Work | undefined): void {
  if (!one) return;
  held -= one.size;
  working = true;
  guard('row', () => asWritten(one.run));
  working = false;
}
