import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, parseJson } from '../read';
import { mayPass, Refusal, reasonOf } from './api';
import type { Order, Sent } from './drain';
import { login } from './login';
import { sendParcel } from './parcel';

/*
 * The program that sends the last rows of a process that has no time left. It gets an order on its standard input and says on its standard
 * output how much of each parcel Braintrust has.
 */

/** The first pause after a failure, in milliseconds. Each is twice the one before. */
const FIRST_PAUSE_MS = 100;

async function main(): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  const order = parseJson(Buffer.concat(pieces).toString('utf8'));
  if (!isOrder(order)) return;
  Object.assign(process.env, order.proxies);
  const end = performance.now() + order.timeoutMs;
  const timeLeft = () => Math.max(1, end - performance.now());
  const sent: Sent[] = order.parcels.map(() => ({ rows: 0, files: 0, refused: [] }));
  const report = () => process.stdout.write(`${JSON.stringify({ sent })}\n`);
  // What has been sent by the end of the time is said by then.
  const last = setTimeout(() => {
    report();
    process.exit(0);
  }, order.timeoutMs);
  await Promise.all(
    order.parcels.map(async (parcel, index) => {
      const progress = sent[index];
      if (!progress) return;
      for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
        try {
          const target = parcel.target ?? (parcel.login && (await login(parcel.login, timeLeft())));
          if (target) await sendParcel(target, parcel, progress, timeLeft);
          if (progress.refused.length === 0) progress.reason = undefined;
          return;
        } catch (error) {
          progress.reason = reasonOf(error);
          // Somebody is there and may be well in a moment. Where nobody is, the end of the process would only be late.
          const isWorthIt = order.isLast && error instanceof Refusal && mayPass(error) && timeLeft() > pause * 2;
          if (!isWorthIt) return;
          await sleep(pause);
        }
      }
    }),
  );
  clearTimeout(last);
  report();
}

function isOrder(value: unknown): value is Order {
  return isObject(value) && Array.isArray(value.parcels) && typeof value.timeoutMs === 'number';
}

// Only as a program: who merely loads it would read a standard input that is not its own.
if (require.main === module) void main();
