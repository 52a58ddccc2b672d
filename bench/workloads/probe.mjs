// How long the event loop was held up: a turn of it after the other, timed. `monitorEventLoopDelay` has a timer's resolution, which is too coarse.

/** Begins to watch; the function that it gives ends that, and tells the longest turn (ms) of those that ended after `since`. */
export function watchLoop() {
  const turns = [];
  let last = performance.now();
  let on = true;
  const turn = () => {
    const now = performance.now();
    if (now - last > 0.5) turns.push({ at: now, ms: now - last });
    last = now;
    if (on) setImmediate(turn);
  };
  setImmediate(turn);
  return (since = 0) => {
    on = false;
    return Math.max(0, ...turns.filter(({ at }) => at >= since).map(({ ms }) => ms));
  };
}
