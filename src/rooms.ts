import { setTimeout } from 'node:timers';

/*
 * Memory that rows have been written in, and others will be. It is outside of V8's heap, where 8 MB of new memory have V8 mark the whole heap,
 * whatever they are: an application that sends 200 KB with each call has half of that time more, if each row takes 200 KB anew.
 */

/** In bytes: each is a multiple of the first; no larger one is used again; and no more than so much waits to be. */
const ROOM = { unit: 32 * 1024, largest: 1024 * 1024, all: 8 * 1024 * 1024 };
/** So often all that waits is let go of, in milliseconds: who has much to write soon has as much again. */
const KEPT_MS = 10_000;

let free: Buffer[] = [];
let bytes = 0;
let isWatched = false;

/** Memory for a row of at least so many bytes. */
export function roomFor(least: number): Buffer {
  const index = free.findLastIndex(({ length }) => length >= least);
  const [room] = index < 0 ? [] : free.splice(index, 1);
  bytes -= room?.length ?? 0;
  return room ?? Buffer.allocUnsafeSlow(Math.ceil(least / ROOM.unit) * ROOM.unit);
}

/** Nobody reads it any more, and nobody writes there. */
export function giveBack(room: Buffer): void {
  if (room.length === 0 || room.length > ROOM.largest || bytes + room.length > ROOM.all) return;
  if (!isWatched) setTimeout(letGo, KEPT_MS).unref();
  isWatched = true;
  free.push(room);
  bytes += room.length;
}

function letGo(): void {
  free = [];
  bytes = 0;
  isWatched = false;
}
