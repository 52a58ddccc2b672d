import { setImmediate } from 'node:timers';
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

/** How long a row waits for others to go with, in milliseconds. In AWS Lambda, which stops between two calls, it does not wait. */
const LINGER_MS = process.env.AWS_LAMBDA_FUNCTION_NAME ? 0 : 500;
/** How long rows may be written as JSON before the application has its turn, in milliseconds. */
const SLICE_MS = 5;
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

const lanes = new Map<Destination, Lane>();
/** Rows that are not JSON yet: that is done when the application has had its answer. */
const unwritten: Unwritten[] = [];
let scheduled = false;
/** Who wants to know that there is something to lose, and that there no longer is. */
let watcher: { busy(): void } | undefined;

/** Takes a row on its way. Never waits and never throws. */
export function deliver(item: Unwritten): void {
  watcher?.busy();
  // A worker may be ended before its next turn.
  if (isHandingOver()) {
    writeOne(item);
    return;
  }
  unwritten.push(item);
  if (unwritten.length > MOST_UNWRITTEN) writeAll();
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => guard('write', writeSome));
}

/** Tells `busy` whenever there is something to deliver. */
export function onBusy(busy: () => void): void {
  watcher = { busy };
}

/** Whether everything is at Braintrust. */
export const isIdle = (): boolean => unwritten.length === 0 && [...lanes.values()].every((lane) => lane.isEmpty);

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

/** How many rows may be unwritten: past it, the oldest are written at once, so that all are bounded by their size. */
const MOST_UNWRITTEN = 2000;

/**
 * Sends all that there is, now. True if Braintrust has taken every row; false as soon as an attempt fails. What is left is sent later.
 * @param once not again where nothing is new
 */
export async function drain(once = false): Promise<boolean> {
  writeAll();
  // Whoever flushes at the end of the process again and again would keep it alive for ever.
  if (over) return isIdle();
  if (isHandingOver()) return flushMain(once);
  const drained = await Promise.all([...lanes.values()].map((lane) => lane.drain()));
  return drained.every(Boolean) && isIdle();
}

/** Every row that is not known to be at Braintrust, by destination. */
export function pending(): Pending[] {
  writeAll();
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

function writeSome(): void {
  const end = performance.now() + SLICE_MS;
  let index = 0;
  while (index < unwritten.length && performance.now() < end) {
    const item = unwritten[index++];
    if (item) writeOne(item);
  }
  unwritten.splice(0, index);
  scheduled = unwritten.length > 0;
  if (scheduled) setImmediate(() => guard('write', writeSome));
}

function writeAll(): void {
  for (const item of unwritten.splice(0)) writeOne(item);
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
