import { randomFillSync } from 'node:crypto';

/** To ask for the bytes of one id takes as long as to ask for all of these. */
const pool = Buffer.allocUnsafeSlow(4096);
let used = pool.length;

/** So many random bytes, in hex. */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
