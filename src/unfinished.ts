import { guard } from './guard';

/** What is under way: a call, a stream, a reading of results. They stand in a ring: nothing is looked up, and nothing grows, as one begins and ends. */
export class Unfinished {
  before: Unfinished = this;
  after: Unfinished = this;

  /** @param end ends the record, and calls `finished` */
  constructor(public end: () => void) {}
}

/** Where the ring begins and ends. */
const ring = new Unfinished(() => {});
let started: () => void = () => {};

/** Tells `then` when a call begins: there is something to lose from that moment on. */
export function onStarted(then: () => void): void {
  started = then;
}

/** From now on it is ended with the process; it may have been under way before. */
export function begun(call: Unfinished): void {
  if (call.after !== call) return;
  call.before = ring.before;
  call.after = ring;
  ring.before.after = call;
  ring.before = call;
  started();
}

/** From now on another one ends the record. */
export function continued(call: Unfinished, end: () => void): void {
  call.end = end;
  // The process may have ended the call before it had its answer.
  if (call.after === call) begun(call);
  else started();
}

/** True where it had not ended before. */
export function finished(call: Unfinished): boolean {
  if (call.after === call) return false;
  call.before.after = call.after;
  call.after.before = call.before;
  call.before = call;
  call.after = call;
  return true;
}

export const isAnyUnfinished = (): boolean => ring.after !== ring;

/** Ends all of them, whatever one of them does. */
export function finishAll(): void {
  for (let call = ring.after; call !== ring; call = ring.after) {
    guard('unfinished', call.end);
    finished(call);
  }
}
