import { findPlace } from '../place';
import { string } from '../read';
import type { JsonObject } from '../types';
import { hearBody } from './hear-body';
import type { KnownJob } from './known';
import { Results } from './results';
import { SideReading } from './side-reading';

/** What listens to the answer of a `GetObject` that begins now; `undefined` where nobody would see the spans. @public */
export function resultsListener(job: KnownJob, command: unknown): ((output: JsonObject) => void) | undefined {
  const place = findPlace(command);
  return (
    place &&
    (({ Body, ContentRange }) => {
      const part = partOf(string(ContentRange));
      if (!part.isFirst || typeof Body !== 'object' || Body === null || heard.has(Body)) return;
      heard.add(Body);
      hearBody(Body, new SideReading(new Results(place, job), part.isLast));
    })
  );
}

/** A call that passes through two patched clients gives one body. */
const heard = new WeakSet<object>();

/** Which part of an object has been answered, by its range: `bytes 0-99/1000`. One that begins within a line cannot be read. */
function partOf(range: string | undefined): { isFirst: boolean; isLast: boolean } {
  const [, from, to, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range ?? 'bytes 0-0/1') ?? [];
  return { isFirst: from === '0', isLast: Number(to) + 1 === Number(size) };
}
