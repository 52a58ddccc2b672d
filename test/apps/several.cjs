// Each SDK of the list, which may be different copies, versions and names of it: one call each.
const { call } = require('./call.cjs');

(async () => {
  const sdks = process.env.APP_SDKS.split(',').map((path) => require(path));
  if (new Set(sdks.map((sdk) => sdk.BedrockRuntimeClient)).size !== sdks.length) throw new Error('these are not several copies');
  for (const sdk of sdks) await call(sdk);
})();
