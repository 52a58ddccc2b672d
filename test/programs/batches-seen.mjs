// What an application can see of the SDK's promises, pages and streams of Message Batches, line by line.
import Anthropic, { APIUserAbortError } from '@anthropic-ai/sdk';

const client = new Anthropic({ maxRetries: 0 });
const { batches } = client.messages;
const requests = ['one', 'two', 'three'].map((custom_id) => ({
  custom_id,
  params: { model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] },
}));
const see = (...values) => console.log(...values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))));
const shape = (object) =>
  Reflect.ownKeys(object).map((name) => {
    const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, name);
    return [String(name), typeof value, flags];
  });
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));

for (const target of [batches, client.beta.messages.batches]) {
  const prototype = Object.getPrototypeOf(target);
  see('methods', shape(prototype), Object.getOwnPropertyNames(target));
  see(Object.values(Object.getOwnPropertyDescriptors(prototype)).map(({ value }) => [value.name, value.length]));
}

const creating = batches.create({ requests });
see('promise', creating.constructor.name, creating instanceof Promise, shape(creating), `${creating}`);
const batch = await creating;
see(
  'parsed',
  batch === (await creating),
  shape(batch),
  await creating.then((value) => value === batch),
  creating.then === creating.constructor.prototype.then,
);
see('request id', typeof batch._request_id, await creating.finally(() => see('finally')).then((value) => value === batch));
const { data, response, request_id } = await batches.retrieve(batch.id).withResponse();
see('withResponse', shape(data), response.constructor.name, response.bodyUsed, typeof request_id);
const raw = await batches.retrieve(batch.id).asResponse();
see('asResponse', raw.bodyUsed, raw.status, Object.keys(await raw.json()));
const both = batches.retrieve(batch.id);
see('asResponse and parsed', (await both.asResponse()).bodyUsed, (await both).processing_status, (await both.asResponse()).bodyUsed);
see('_thenUnwrap', await batches.retrieve(batch.id)._thenUnwrap((value) => value.processing_status));

const page = await batches.list({ limit: 1 });
see(
  'page',
  page.constructor.name,
  shape(page)
    .map(([name, type]) => [name, type])
    .filter(([name]) => name !== 'getNextPage'),
  Object.keys(page),
  page.hasNextPage(),
);
for await (const { processing_status } of batches.list()) see('listed', processing_status);
await batches.create({ requests });
for await (const { processing_status } of batches.list({ limit: 1 })) see('listed over pages', processing_status);

const failing = batches.retrieve('msgbatch_nobody');
const first = await failing.catch((error) => error);
see('error', first.constructor.name, first.status, first === (await failing.catch((error) => error)), Object.keys(first));
see('error of asResponse', first === (await failing.asResponse().catch((error) => error)));
const controller = new AbortController();
const aborted = batches.create({ requests }, { signal: controller.signal });
controller.abort();
see('aborted', await aborted.catch((error) => error instanceof APIUserAbortError));
try {
  batches.create(null);
} catch (error) {
  see('thrown at once', error.name);
}
batches.retrieve('msgbatch_nobody');
await new Promise((resolve) => setTimeout(resolve, 300));
see(
  'unhandled',
  unhandled.map((error) => error.status),
);
batches.cancel('msgbatch_nobody').then(() => {});
await new Promise((resolve) => setTimeout(resolve, 300));
see(
  'unhandled',
  unhandled.map((error) => error.status),
);

const results = batches.results(batch.id);
see('results', results.constructor.name, Object.keys(results));
const decoder = await results;
see('decoder', decoder.constructor.name, Object.keys(decoder), Symbol.asyncIterator in decoder);
for await (const item of decoder) see('item', item);
await (async () => {
  for await (const item of decoder) see('again', item);
})().catch((error) => see('read twice', error.name, error.message));
const stopped = await batches.results(batch.id);
for await (const { custom_id } of stopped) {
  see('broken off at', custom_id);
  break;
}
see('after a break', stopped.controller.signal.aborted);
await batches.results('msgbatch_nobody').catch((error) => see('no results', error.status));
see('deleted', await batches.delete(batch.id));
