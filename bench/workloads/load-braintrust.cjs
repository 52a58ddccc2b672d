// How long loading `braintrust` takes (ms), as CommonJS and then, in another run, as an ES module.
const { writeSync } = require('node:fs');

async function main() {
  const start = performance.now();
  if (process.env.BENCH_ESM) await import('braintrust');
  else require('braintrust');
  writeSync(1, JSON.stringify({ ms: performance.now() - start }));
  process.exit(0);
}

main();
