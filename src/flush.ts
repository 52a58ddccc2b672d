import { drain } from './delivery';
import { allRead } from './jobs/readings';
import { type BraintrustState, braintrustState } from './state';
import { uploaded } from './upload';

/** Sends all that is left; true when Braintrust has confirmed it. Never rejects. */
export async function flushAll(): Promise<boolean> {
  await allRead();
  const sent = await drain().catch(() => false);
  await uploaded();
  return sent;
}

const joined = new WeakSet<object>();

/** From now on, when the application flushes its own logger, it flushes what is ours, too. */
export function joinFlush(): void {
  const logger = braintrustState()?.bgLogger?.();
  if (!logger || joined.has(logger)) return;
  joined.add(logger);
  const original = logger.flush;
  logger.flush = async function (this: NonNullable<ReturnType<NonNullable<BraintrustState['bgLogger']>>>) {
    const [result] = await Promise.all([original.call(this), flushAll()]);
    return result;
  };
}
