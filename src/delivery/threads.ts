import { clearTimeout, setTimeout } from 'node:timers';
import { BroadcastChannel, isMainThread, receiveMessageOnPort } from 'node:worker_threads';
import { binaryOf } from '../binary';
import type { Upload } from '../content';
import { guard } from '../guard';
import { isObject, number, object, objects, string } from '../read';
import type { JsonObject } from '../types';
import type { Target } from './api';
import type { Destination } from './destination';
import type { Login } from './login';

/*
 * A worker thread may be ended at any moment, with no chance to send anything. So it hands its rows to the main thread as they are written,
 * over a channel that both can make without knowing each other. A main thread without this package does not answer, and then the worker sends
 * its rows itself.
 */
const NAME = `braintrust-bedrock:${process.pid}`;

/** A row on its way between threads. */
export interface Handed {
  destination: Destination;
  id: string;
  json: string;
  isMerge: boolean;
  uploads: readonly Upload[];
}

let channel: BroadcastChannel | undefined;
let isWelcome = false;

/**
 * In the main thread: takes the rows of every worker from now on. What sends them is loaded when there is one.
 * @public
 */
export function receive(): void {
  if (channel || !isMainThread) return;
  const delivery = (): typeof import('./index') => {
    const exit: typeof import('./exit') = require('./exit');
    exit.watchExit();
    return require('./index');
  };
  const hear: Hear = (message, answer) => {
    if (message.kind === 'hello') answer({ kind: 'welcome' });
    if (message.kind === 'row') delivery().accept(rowOf(message));
    if (message.kind === 'flush') {
      void delivery()
        .drain()
        .then((sent) => answer({ kind: 'flushed', number: message.number, sent }));
    }
  };
  const opened = open(hear);
  channel = opened;
  // What workers have said and nobody has heard yet is heard at the end.
  process.on('exit', () => {
    guard('thread', () => {
      let heard = 0;
      for (let next = nextOf(opened); next; next = nextOf(opened)) {
        if (next.kind !== 'row') continue;
        hear(next, () => {});
        heard++;
      }
      const exit: typeof import('./exit') | undefined = heard > 0 ? require('./exit') : undefined;
      exit?.leaveNow();
    });
  });
}

/** The next message, without waiting for one. */
function nextOf(opened: BroadcastChannel): Message | undefined {
  const next: unknown = Reflect.apply(receiveMessageOnPort, undefined, [opened]);
  return isObject(next) ? object(next.message) : undefined;
}

/** A file as it comes over the channel: its class has stayed in its thread. */
function uploadOf({ reference, binary }: JsonObject): Upload[] {
  const { data, contentType, filename } = object(binary) ?? {};
  const file = binaryOf(data, string(contentType) ?? '', string(filename));
  return isObject(reference) && file ? [{ reference: reference as Upload['reference'], binary: file }] : [];
}

/** In a worker: asks for the main thread. @param welcome called as soon as it has answered */
export function greet(welcome: () => void): void {
  if (channel || isMainThread) return;
  channel = open((message) => {
    if (message.kind === 'welcome' && !isWelcome) {
      isWelcome = true;
      welcome();
    }
    if (message.kind === 'flushed') flushes.get(number(message.number) ?? 0)?.(message.sent === true);
  });
  channel.postMessage({ kind: 'hello' });
}

/** Whether rows go to the main thread. */
export const isHandingOver = (): boolean => isWelcome;

/** What the main thread has said last; whether it has been given something since. */
let confirmed = true;
let changed = false;

export function handOver({ destination, id, json, isMerge, uploads }: Handed): void {
  // A function stays in its thread.
  const target = destination.target && { ...destination.target, fetch: undefined };
  changed = true;
  channel?.postMessage({ kind: 'row', target, login: target ? undefined : destination.login(), id, json, isMerge, uploads });
}

const flushes = new Map<number, (sent: boolean) => void>();
let flushed = 0;

/**
 * Whether the main thread could send all that it has. At the end of a thread, where every answer would be an occasion to ask again, it is
 * asked `once`.
 */
export function flushMain(once: boolean): Promise<boolean> {
  if (!changed && (confirmed || once)) return Promise.resolve(confirmed);
  changed = false;
  const question = ++flushed;
  return new Promise((resolve) => {
    const done = (sent: boolean) => {
      clearTimeout(timer);
      flushes.delete(question);
      confirmed = sent;
      resolve(sent);
    };
    // A main thread that is busy, or ends, may never answer.
    const timer = setTimeout(() => done(false), 20_000);
    flushes.set(question, done);
    channel?.postMessage({ kind: 'flush', number: question });
  });
}

type Message = Record<string, unknown>;

type Hear = (message: Message, answer: (message: Message) => void) => void;

function open(heard: Hear): BroadcastChannel {
  const opened = new BroadcastChannel(NAME);
  opened.onmessage = (event: unknown) => {
    const message = isObject(event) ? object(event.data) : undefined;
    if (message) guard('thread', () => heard(message, (answer) => opened.postMessage(answer)));
  };
  opened.unref();
  return opened;
}

const destinations = new Map<string, Destination>();

function rowOf(message: Message): Handed {
  const key = JSON.stringify([message.target, message.login]);
  let destination = destinations.get(key);
  if (!destination) {
    const known: typeof import('./destination') = require('./destination');
    destination = known.fixedDestination(message.target as Target | undefined, message.login as Login | undefined);
    destinations.set(key, destination);
  }
  const uploads = objects(message.uploads).flatMap(uploadOf);
  return { destination, id: string(message.id) ?? '', json: string(message.json) ?? '{}', isMerge: message.isMerge === true, uploads };
}
