import { clearTimeout, setTimeout } from 'node:timers';
import { drain, isIdle, isOver } from './delivery';
import { workAll } from './delivery/work';
import { allRead } from './jobs/readings';
import { type BraintrustState, braintrustState } from './state';
import { uploaded } from './upload';

/** How long whoever flushes is kept waiting, in milliseconds. */
const FLUSH_MS = 30_000;
/** The same for an application that flushes its own logger, which `braintrust` does at the natural end of every process. */
const JOINED_MS = 10_000;

/** Sends all that is left; true when Braintrust has confirmed it. Never rejects. */
export function flushAll(ms = FLUSH_MS, once = false): Promise<boolean> {
  if (isOver()) return Promise.resolve(isIdle());
  return new Promise((resolve) => {
    // Our sockets do not hold the process, and whoever awaits this has to get an answer.
    const hold = setTimeout(() => resolve(false), ms);
    const sent = allRead().then(async () => {
      const all = await drain(once);
      await uploaded();
      return all;
    });
    sent
      .catch(() => false)
      .then((all) => {
        clearTimeout(hold);
        resolve(all);
      });
  });
}

const joined = new WeakSet<object>();

/** From now on, when the application flushes its own logger, it flushes what is ours, too. */
export function joinFlush(): void {
  const logger = braintrustState()?.bgLogger?.();
  if (!logger || joined.has(logger)) return;
  joined.add(logger);
  const original = logger.flush;
  logger.flush = async function (this: NonNullable<ReturnType<NonNullable<BraintrustState['bgLogger']>>>) {
    // What `braintrust` itself is to write comes into its queue first.
    workAll();
    const [result] = await Promise.all([original.call(this), flushAll(JOINED_MS, true)]);
    return result;
  };
}
