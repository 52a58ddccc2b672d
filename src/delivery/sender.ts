import { isObject, parseJson } from '../read';
import { login, send } from './api';
import type { Order } from './drain';

/*
 * The program that sends the last rows of a process that has no time left. It gets an order on its standard input and says on its standard
 * output how many rows of each delivery Braintrust has.
 */

const BATCH_ROWS = 500;
const BATCH_BYTES = 2 * 1024 * 1024;

async function main(): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  const order = parseJson(Buffer.concat(pieces).toString('utf8'));
  if (!isOrder(order)) return;
  const end = Date.now() + order.timeoutMs;
  const sent = order.deliveries.map(() => 0);
  const report = () => process.stdout.write(`${JSON.stringify({ sent })}\n`);
  // What has been sent by the end of the time is said by then.
  const last = setTimeout(() => {
    report();
    process.exit(0);
  }, order.timeoutMs);
  await Promise.all(
    order.deliveries
      .map(async ({ target, login: known, rows }, index) => {
        const to = target ?? (known && (await login(known, end - Date.now())));
        for (let from = 0; to && from < rows.length; ) {
          let bytes = 0;
          let count = 0;
          while (from + count < rows.length && count < BATCH_ROWS && (count === 0 || bytes < BATCH_BYTES)) {
            bytes += rows[from + count++]?.json.length ?? 0;
          }
          await send(to, rows.slice(from, from + count), Math.max(1, end - Date.now()));
          from += count;
          sent[index] = from;
        }
      })
      .map((delivery) => delivery.catch(() => {})),
  );
  clearTimeout(last);
  report();
}

function isOrder(value: unknown): value is Order {
  return isObject(value) && Array.isArray(value.deliveries) && typeof value.timeoutMs === 'number';
}

void main();
