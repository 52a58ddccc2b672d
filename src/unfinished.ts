/** How to end the record of each call that is under way, should the process end first. */
const unfinished = new Set<() => void>();
let started: () => void = () => {};

/** Tells `then` when a call begins: there is something to lose from that moment on. */
export function onStarted(then: () => void): void {
  started = then;
}

/** @param end ends the record, and calls `finished` */
export function begun(end: () => void): void {
  unfinished.add(end);
  started();
}

/** From now on another one ends the record. */
export function continued(end: () => void, by: () => void): void {
  unfinished.delete(end);
  begun(by);
}

/** True where it had not ended before. */
export const finished = (end: () => void): boolean => unfinished.delete(end);

export const isAnyUnfinished = (): boolean => unfinished.size > 0;

/** Ends all of them. */
export function finishAll(): void {
  for (const end of unfinished) end();
}
