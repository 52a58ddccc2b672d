import { setTimeout } from 'node:timers';

/*
 * Memory that rows have been written in, and others will be. It is outside of V8's heap, where 8 MB of new memory have V8 mark the whole heap,
 * whatever they are: an application that sends 200 KB with each call has half of that time more, if each row takes 200 KB anew.
 */

/** In bytes: so large is the first; no larger one is used again; and no more than so much waits to be. */
const ROOM = { first: 64 * 1024, largest: 1024 * 1024, all: 8 * 1024 * 1024 };
/** Nobody who writes such rows no more has any use for it, in milliseconds. */
const IDLE_MS = 10_000;

let free: Buffer[] = [];
let bytes = 0;
let isUsed = false;
let isWatched = false;

/** Memory for a row whose length nobody knows, or for at least so many bytes. */
export function roomFor(least = 0): Buffer {
  isUsed = true;
  const index = free.findLastIndex(({ length }) => length >= least);
  const [room] = index < 0 ? [] : free.splice(index, 1);
  bytes -= room?.length ?? 0;
  return room ?? Buffer.allocUnsafeSlow(Math.max(least, ROOM.first));
}

/** Nobody reads it any more, and nobody writes there. */
export function giveBack(room: Buffer): void {
  if (room.length > ROOM.largest || bytes + room.length > ROOM.all) return;
  free.push(room);
  bytes += room.length;
  if (!isWatched) watch();
}

/** What nobody has asked for in all of that time is let go of. */
function watch(): void {
  isWatched = true;
  isUsed = false;
  setTimeout(() => {
    if (isUsed) return watch();
    isWatched = false;
    free = [];
    bytes = 0;
  }, IDLE_MS).unref();
}
