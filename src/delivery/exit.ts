import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { config } from '../config';
import { debug, guard } from '../guard';
import { write } from '../say';
import { finishAll, isAnyUnfinished, onStarted } from '../unfinished';
import { forget, isFileLeft, uploaded } from '../upload';
import { sendSynchronously } from './drain';
import { drain, isIdle, isUnable, joinMain, onRefused, setEnding, setOver, take } from './index';
import { type Leftover, leftovers, without } from './leftover';
import { releaseClaims, sendSpooled, spool } from './spool';
import { reportLost, tellAll } from './told';
import { onBusy } from './work';

/** How long a process that has nothing else to do waits for Braintrust, in milliseconds. */
const NATURAL_END_MS = 10_000;
/** How long after the last row the listeners stay, in milliseconds. */
const IDLE_MS = 5000;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * From now on nothing that is under way or unsent is lost when the process ends: by itself, by `process.exit`, by an error that nobody
 * catches, or by a signal. The listeners for it are there only while there is something to lose.
 */
export function watchExit(): void {
  if (!isMainThread) joinMain();
  onBusy(listen);
  onStarted(listen);
  onRefused((left) => {
    if (!spool([left])) reportLost(left.rows.length, left.reason);
  });
}

let listening = false;
/** The natural end waits, or has waited. */
let waited = false;
/** It has waited as long as it may. */
let gaveUp = false;
let check: NodeJS.Timeout | undefined;

function listen(): void {
  if (!holding) {
    waited = false;
    giveUp(false);
  }
  // Somebody may have removed every listener there was.
  if (listening && process.listenerCount('exit', onExit) > 0) return;
  unlisten();
  listening = true;
  // Before the application's: one that calls `process.exit` is the last that is heard, and one that calls Bedrock does so after `finishAll`.
  process.prependListener('beforeExit', onBeforeExit);
  process.prependListener('exit', onExit);
  for (const signal of SIGNALS) guard('signal', () => process.on(signal, onSignal));
  check = setInterval(() => guard('idle', () => isIdle() && !isFileLeft() && !isAnyUnfinished() && unlisten()), IDLE_MS).unref();
}

function unlisten(): void {
  listening = false;
  clearInterval(check);
  process.off('beforeExit', onBeforeExit);
  process.off('exit', onExit);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** The process has nothing else to do: there is time to wait for answers, within limits. */
function onBeforeExit(): void {
  guard('unfinished', finishAll);
  // What a worker has handed over is the main thread's.
  if (waited || (isIdle() && !isFileLeft() && !spooled)) return;
  waited = true;
  holding = true;
  setEnding(true);
  // Our sockets do not hold the process; this does, until everything is sent or the time is over.
  const hold = setTimeout(() => done(), NATURAL_END_MS);
  const end = performance.now() + NATURAL_END_MS;
  const send = async () => {
    for (let pause = 250; !(await drain()) && !isUnable() && performance.now() < end; pause = Math.min(2000, pause * 1.5)) {
      // What holds the process is the timer above, and not a moment longer.
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
    await Promise.all([uploaded(), spooled]);
  };
  const done = () => {
    spooled = undefined;
    clearTimeout(hold);
    holding = false;
    setEnding(false);
    waited = !isIdle() || isFileLeft();
    giveUp(waited);
    // What this process cannot send another may.
    if (isUnable()) gaveUp = false;
  };
  send()
    .catch((error: unknown) => debug('the last rows were not sent', error))
    .then(() => guard('end', () => holding && done()));
}

function giveUp(value: boolean): void {
  gaveUp = value;
  setOver(value);
}

let holding = false;

/** The process ends now: what is left is sent by another one, while this one stands still. */
function onExit(): void {
  guard('unfinished', finishAll);
  leaveNow();
}

/**
 * Sends what is left, and puts away what cannot be sent.
 * @public
 */
export function leaveNow(): void {
  guard('exit', () => leave(!gaveUp));
}

let isSending = false;
let spooled: Promise<void> | undefined;

/**
 * Sends what earlier processes have left in the directory of the settings; this process does not end in the middle of it.
 * @public
 */
export function sendLeftovers(): void {
  if (isSending) return;
  isSending = true;
  listen();
  spooled = sendSpooled();
}

function leave(send: boolean): void {
  releaseClaims();
  let left = leftovers();
  if (send && left.length > 0) left = sendNow(left);
  if (left.length > 0 && !spool(left)) report(left);
  take();
  for (const { files } of left) forget(files);
  tellAll();
}

function sendNow(left: Leftover[]): Leftover[] {
  // A process may not be allowed to start another one.
  const sent = guard('drain', () => sendSynchronously(left, config().exitTimeoutMs)) ?? [];
  return left.map((one, index) => without(one, sent[index] ?? NOTHING)).filter(({ rows, files }) => rows.length + files.length > 0);
}

const NOTHING = { rows: 0, files: 0, refused: [] };

function report(left: Leftover[]): void {
  for (const { rows, reason } of left) if (rows.length > 0) reportLost(rows.length, reason);
  const files = left.reduce((sum, one) => sum + (one.rows.length > 0 ? 0 : one.files.length), 0);
  if (files > 0) write(`${files} ${files === 1 ? 'file was' : 'files were'} not uploaded.`);
}

/**
 * A signal that would end the process ends it here, too, once what is left has been sent. Where the application listens to the signal, it
 * decides, as it would without us.
 */
function onSignal(signal: NodeJS.Signals): void {
  if (othersListening(signal) > (guard('listeners', exitListeners) ?? 0)) return;
  guard('unfinished', finishAll);
  guard('exit', () => leave(true));
  unlisten();
  process.kill(process.pid, signal);
}

const othersListening = (signal: NodeJS.Signals) => process.listeners(signal).filter((listener) => listener !== onSignal).length;

/**
 * How many listeners the package `signal-exit` has, in its versions 3 and 4. They decide nothing: each looks whether anybody else listens, and
 * leaves it to them. Today that is us, so once we are gone they get the signal again.
 */
function exitListeners(): number {
  const emitters = [Reflect.get(process, '__signal_exit_emitter__'), Reflect.get(globalThis, Symbol.for('signal-exit emitter'))];
  return emitters.reduce((sum: number, emitter: unknown) => {
    const count: unknown = typeof emitter === 'object' && emitter !== null ? Reflect.get(emitter, 'count') : 0;
    return sum + (typeof count === 'number' ? count : 0);
  }, 0);
}
