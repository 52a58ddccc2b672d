// How long the event loop was held up: a turn of it after the other, timed. `monitorEventLoopDelay` has a timer's resolution, which is too coarse.

/**
 * Begins to watch; the function that it gives ends that, and tells the longest turn (ms) of those that ended after `since`. A turn is no
 * longer than the CPU that went into it: what other processes had in between is not the application's.
 */
export function watchLoop() {
  const turns = [];
  let last = performance.now();
  let spent = process.cpuUsage();
  let on = true;
  const turn = () => {
    const now = performance.now();
    if (now - last > 0.5) {
      const { user, system } = process.cpuUsage(spent);
      turns.push({ at: now, ms: Math.min(now - last, (user + system) / 1000) });
    }
    last = now;
    spent = process.cpuUsage();
    if (on) setImmediate(turn);
  };
  setImmediate(turn);
  return (since = 0) => {
    on = false;
    return Math.max(0, ...turns.filter(({ at }) => at >= since).map(({ ms }) => ms));
  };
}
