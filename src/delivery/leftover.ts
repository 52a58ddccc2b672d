import type { Upload } from '../content';
import { forget, leftFiles } from '../upload';
import type { Destination } from './destination';
import { pending, take } from './index';
import type { Waiting } from './lane';
import type { Progress } from './parcel';

/** What is not known to be at Braintrust, of one destination. */
export interface Leftover {
  destination: Destination;
  rows: Waiting[];
  files: Upload[];
  /** Why it is left. */
  reason: string;
}

/** All that is not at Braintrust. */
export function leftovers(): Leftover[] {
  // The files of rows that were not written yet are known then.
  const lanes = pending();
  const files = leftFiles();
  const found: Leftover[] = lanes.map((lane) => ({ ...lane, files: files.get(lane.destination) ?? [] }));
  for (const [destination, items] of files) {
    if (!found.some((leftover) => leftover.destination === destination)) found.push({ destination, rows: [], files: items, reason: '' });
  }
  return found;
}

/** The same without what has been sent. */
export function without({ destination, rows, files, reason }: Leftover, sent: Progress): Leftover {
  take(destination, sent.rows);
  forget(files.slice(0, sent.files));
  const left = rows.filter((_, index) => index >= sent.rows || sent.refused.includes(index));
  return { destination, rows: left, files: files.slice(sent.files), reason: sent.reason ?? reason };
}
