import { setTimeout } from 'node:timers';
import { jsonOf } from '../as-written';
import { config } from '../config';
import { detached, type Upload } from '../content';
import { guard } from '../guard';
import { Json } from '../json';
import type { JsonObject } from '../types';
import { expect, forget, hasRoom, upload } from '../upload';
import type { Destination } from './destination';
import { Lane, type Pending, type Waiting } from './lane';
import type { Leftover } from './leftover';
import { flushMain, greet, type Handed, handOver, isHandingOver } from './threads';
import { reportLost } from './told';
import { afterwards, isWorking, isWorkLeft, STOPS, setBusy, workAll } from './work';

/** How long rows wait for more, to be sent together, in milliseconds: until those that are written next are there, too. */
const LINGER_MS = STOPS ? 0 : 300;

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

/** Takes a row on its way. Never waits and never throws. */
export function deliver(item: Unwritten): void {
  if (isWorking()) {
    setBusy();
    writeOne(item);
  } else afterwards(() => writeOne(item));
}

/** Whether everything is at Braintrust. */
export const isIdle = (): boolean => !isWorkLeft() && [...lanes.values()].every((lane) => lane.isEmpty);

/** Whether Braintrust has not taken what it was sent last. */
const isFailing = (): boolean => [...lanes.values()].some((lane) => lane.isFailing);

/** Whether nothing of what is left can be sent, however long anybody waits. */
export function isUnable(): boolean {
  const left = [...lanes.values()].filter((lane) => !lane.isEmpty);
  return !isWorkLeft() && left.length > 0 && left.every((lane) => lane.isUnable);
}

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
  const left = [...lanes.values()].filter((lane) => !lane.isEmpty);
  return left.map((lane) => {
    const rows = lane.pending();
    for (const { json } of rows) json.keep();
    return { destination: lane.destination, rows, reason: lane.reason };
  });
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

function writeOne({ destination, id, isMerge, row, uploads }: Unwritten): void {
  const isWritten = guard('row', () => {
    if (isHandingOver()) {
      handOver({ destination, id, json: JSON.stringify(row()), isMerge, uploads });
      forget(uploads);
    } else add(destination, { id, json: jsonOf(row()), isMerge, uploads });
    return true;
  });
  if (isWritten) return;
  forget(uploads);
  reportLost(1, 'it is nothing that JSON can write, as a span customizer or a masking function has left it');
}

function add(destination: Destination, row: Waiting): void {
  const { json, uploads } = row;
  if (taken() + json.held > config().maxQueueBytes) {
    reportLost(1, 'too many wait for Braintrust (BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES)');
    forget(uploads);
    json.release();
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
export function accept({ destination, json, uploads, ...row }: Handed): void {
  setBusy();
  // There was room in its thread, which has let go of them.
  const fits = uploads.length === 0 || hasRoom(uploads.length, bytesOf(uploads));
  if (fits) expect(uploads, destination);
  add(destination, { ...row, uploads: fits ? uploads : [], json: Json.of(fits ? json : detached(json, uploads)) });
}

const bytesOf = (uploads: readonly Upload[]): number => uploads.reduce((sum, { binary }) => sum + binary.byteLength, 0);

/** In a worker thread: from the moment that the main thread answers on, rows go there. */
export function joinMain(): void {
  greet(() => {
    for (const { destination, rows } of pending()) {
      for (const row of rows) {
        handOver({ destination, ...row, json: row.json.toString() });
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
