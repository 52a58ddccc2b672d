import { setImmediate } from 'node:timers/promises';
import { room } from '../delivery';
import { guard } from '../guard';

/** How long work of ours may go on before the event loop gets a turn, in milliseconds. */
const SLICE_MS = 5;

/** Long work in short turns, no faster than its rows are delivered. */
export class Turns {
  #began = performance.now();

  /** Waits where the turn has been long enough, or where there is no room for further rows. Never rejects. */
  async next(): Promise<void> {
    await guard('room', () => room().catch(() => {}));
    if (performance.now() - this.#began < SLICE_MS) return;
    await setImmediate();
    this.#began = performance.now();
  }
}
