import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { config } from '../config';
import type { Upload } from '../content';
import { guard } from '../guard';
import { write } from '../say';
import type { JsonObject } from '../types';
import { expect, forget, upload } from '../upload';
import type { Destination } from './destination';
import { Lane, type Pending, type Waiting } from './lane';
import type { Leftover } from './leftover';
import { flushMain, greet, type Handed, handOver, isHandingOver } from './threads';

/** AWS Lambda stops between two calls: nothing can wait there. */
const STOPS = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/** How long work waits for more, to be done together, and how long rows do, to be sent together. In milliseconds. */
const WORK_MS = STOPS ? 0 : 40;
const LINGER_MS = STOPS ? 0 : 500;
/** How long work is done before the application has its turn, in milliseconds. */
const SLICE_MS = 2;
/** How much work waits no longer, and how much does not even wait for the next turn: that much of it is done at once. */
const PLENTY = { count: 500, bytes: 1024 * 1024 };
const TOO_MUCH = { count: 2000, bytes: 16 * 1024 * 1024 };
/** How often lost rows are told of, in milliseconds. */
const REPORT_MS = 60_000;

interface Unwritten {
  destination: Destination;
  id: string;
  /** Another process or a later moment writes the rest of it. */
  isMerge: boolean;
  /** Called when the application has had its answer. */
  row: () => JsonObject;
  /** Files that go once the row has been sent. */
  uploads: readonly Upload[];
}

/** What is done when the application has had its answer: reading what a call was about, and writing it as JSON. */
interface Work {
  run: () => void;
  /** About how many bytes it holds until then. */
  size: number;
}

const lanes = new Map<Destination, Lane>();
const waiting: Work[] = [];
/** Bytes that it holds. */
let held = 0;
let timer: NodeJS.Timeout | undefined;
let scheduled = false;
/** Work is being done: what it delivers is written at once. */
let working = false;
/** Who wants to know that there is something to lose, and that there no longer is. */
let watcher: { busy(): void } | undefined;

/** Takes a row on its way. Never waits and never throws. */
export function deliver(item: Unwritten): void {
  if (working) {
    watcher?.busy();
    writeOne(item);
  } else afterwards(() => writeOne(item));
}

/**
 * Does work for telemetry when the application has had its turn: some at once costs less than one by one between the application's own.
 * Earlier where the process ends, or too much waits. Never throws.
 * @param size about how many bytes it holds until then
 */
export function afterwards(run: () => void, size = 0): void {
  if (waiting.length === 0) watcher?.busy();
  waiting.push({ run, size });
  held += size;
  // A worker may be ended before its next turn.
  if (isHandingOver()) workAll();
  while (exceeds(TOO_MUCH)) work(waiting.shift());
  if (waiting.length === 0) return;
  if (WORK_MS === 0 || exceeds(PLENTY)) soon();
  else if (!scheduled) timer ??= setTimeout(soon, WORK_MS).unref();
}

const exceeds = ({ count, bytes }: typeof PLENTY): boolean => waiting.length > count || held > bytes;

function soon(): void {
  clearTimeout(timer);
  timer = undefined;
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => guard('write', workSome));
}

/** Tells `busy` whenever there is something to deliver. */
export function onBusy(busy: () => void): void {
  watcher = { busy };
}

/** Whether everything is at Braintrust. */
export const isIdle = (): boolean => waiting.length === 0 && [...lanes.values()].every((lane) => lane.isEmpty);

/** Whether Braintrust has not taken what it was sent last. */
const isFailing = (): boolean => [...lanes.values()].some((lane) => lane.isFailing);

/** The process ends, and has waited for Braintrust as long as it may. */
let over = false;
export function setOver(value: boolean): void {
  over = value;
}
export const isOver = (): boolean => over;

/** The process ends: what is said of it is said at the end, in one line. */
let ending = false;
export function setEnding(value: boolean): void {
  ending = value;
}

/**
 * Sends all that there is, now. True if Braintrust has taken every row; false as soon as an attempt fails. What is left is sent later.
 * @param once not again where nothing is new
 */
export async function drain(once = false): Promise<boolean> {
  workAll();
  // Whoever flushes at the end of the process again and again would keep it alive for ever.
  if (over) return isIdle();
  if (isHandingOver()) return flushMain(once);
  const drained = await Promise.all([...lanes.values()].map((lane) => lane.drain()));
  return drained.every(Boolean) && isIdle();
}

/** Every row that is not known to be at Braintrust, by destination. */
export function pending(): Pending[] {
  workAll();
  return [...lanes.values()]
    .filter((lane) => !lane.isEmpty)
    .map((lane) => ({ destination: lane.destination, rows: lane.pending(), reason: lane.reason }));
}

/** Takes the first rows of a destination out, or all of all: they have been sent otherwise, or given up. */
export function take(destination?: Destination, count?: number): void {
  if (destination) lanes.get(destination)?.take(count);
  else for (const lane of lanes.values()) lane.take();
}

/** Resolves as soon as less than half of the room for waiting rows is taken. For who has many rows and can wait. */
export async function room(): Promise<void> {
  while (taken() > config().maxQueueBytes / 2 && !isFailing()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function workSome(): void {
  scheduled = false;
  const end = performance.now() + SLICE_MS;
  // One at a time: what a user's own function does in between may add to them, or have all of them done.
  while (waiting.length > 0 && performance.now() < end) work(waiting.shift());
  if (waiting.length > 0) soon();
}

/** Does what waits, now: what comes after it finds it done. */
export function workAll(): void {
  for (const one of waiting.splice(0)) work(one);
}

function work(one: Work | undefined): void {
  if (!one) return;
  held -= one.size;
  working = true;
  guard('row', one.run);
  working = false;
}

function writeOne({ destination, id, isMerge, row, uploads }: Unwritten): void {
  const isWritten = guard('row', () => {
    const json = JSON.stringify(row());
    if (isHandingOver()) {
      handOver({ destination, id, json, isMerge, uploads });
      forget(uploads);
    } else add(destination, { id, json, isMerge, uploads });
    return true;
  });
  if (!isWritten) forget(uploads);
}

function add(destination: Destination, row: Waiting): void {
  const { json, uploads } = row;
  if (taken() + json.length > config().maxQueueBytes) {
    reportLost(1, 'too many wait for Braintrust (BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES)');
    forget(uploads);
    return;
  }
  let lane = lanes.get(destination);
  if (!lane) {
    lane = new Lane(destination, isEnding, ({ rows, sent, reason }) => {
      const uploads = rows.flatMap((item) => item.uploads);
      if (sent) return upload(uploads);
      refused({ destination, rows, files: uploads, reason });
      forget(uploads);
    });
    lanes.set(destination, lane);
  }
  lane.add(row, LINGER_MS);
}

/**
 * Takes a row that a worker thread has handed over.
 * @public
 */
export function accept({ destination, ...row }: Handed): void {
  watcher?.busy();
  expect(row.uploads, destination);
  add(destination, row);
}

/** In a worker thread: from the moment that the main thread answers on, rows go there. */
export function joinMain(): void {
  greet(() => {
    for (const { destination, rows } of pending()) {
      for (const row of rows) {
        handOver({ destination, ...row });
        forget(row.uploads);
      }
    }
    take();
  });
}

const isEnding = () => ending;

const taken = () => [...lanes.values()].reduce((sum, lane) => sum + lane.bytes, 0);

/** What is done with rows that Braintrust refuses. */
let refused: (left: Leftover) => void = ({ rows, reason }) => reportLost(rows.length, reason);
export function onRefused(then: (left: Leftover) => void): void {
  refused = then;
}

let lost = 0;
let because = '';
let reported = Number.NEGATIVE_INFINITY;

/** Counts rows that are lost, and tells of them at most once a minute: never silently. */
export function reportLost(rows: number, reason: string): void {
  lost += rows;
  because = reason;
  const now = performance.now();
  if (now - reported < REPORT_MS) return;
  reported = now;
  tellLost();
}

/** Tells of what was lost and has not been told. */
export function tellLost(): void {
  if (lost > 0) write(`${lost} ${lost === 1 ? 'span was' : 'spans were'} lost: ${because}.`);
  lost = 0;
}
