// What an application does with Message Batches, however it has loaded the SDK. STEPS names what to do, BATCH the batch that was created elsewhere.
const system = [{ type: 'text', text: 'You are a guide to Lisbon. '.repeat(400), cache_control: { type: 'ephemeral', ttl: '1h' } }];
const IDS = ['first', 'second', 'third', 'an-error', 'expires', 'canceled'];
const COUNT = Number(process.env.COUNT ?? IDS.length);

const requestOf = (custom_id) => ({
  custom_id,
  params: {
    model: custom_id === 'third' ? 'claude-haiku-4-5' : 'claude-sonnet-4-5',
    max_tokens: 64,
    temperature: 0,
    ...(COUNT === IDS.length && { system }),
    messages: [{ role: 'user', content: `Where is the tram, ${custom_id}?` }],
  },
});

/** In bytes, as soon as no more than `limit` is left, or after 10 s: rows are on their way for a while. */
const heapUsed = async (limit) => {
  let used = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 100 && used > limit; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await require('braintrust-bedrock').flush();
    globalThis.gc();
    used = Math.min(used, process.memoryUsage().heapUsed);
  }
  return used;
};

exports.run = async (client) => {
  const batches = process.env.BETA ? client.beta.messages.batches : client.messages.batches;
  let id = process.env.BATCH;
  const steps = {
    create: async () => {
      const requests = Array.from({ length: COUNT }, (_, index) => requestOf(IDS[index] ?? `request-${index}`));
      const all = [...requests];
      const creating = batches.create({ requests });
      // The application's objects are its own from here on.
      setImmediate(() => {
        for (const { params } of requests) params.messages.push({ role: 'assistant', content: 'mutated' });
        requests.length = 1;
      });
      ({ id } = await creating);
      for (const { params } of all) params.messages[0].content = 'mutated';
      console.log(id);
    },
    fail: () => batches.create({ requests: [requestOf('same'), requestOf('same')] }).catch((error) => console.log(error.status)),
    poll: async () => console.log((await batches.retrieve(id)).processing_status),
    cancel: async () => console.log((await batches.cancel(id)).processing_status),
    list: async () => {
      for await (const batch of batches.list({ limit: 1 })) console.log(batch.processing_status);
    },
    results: async () => {
      for await (const { custom_id, result } of await batches.results(id)) console.log(custom_id, result.type);
    },
    first: async () => {
      for await (const { custom_id } of await batches.results(id)) {
        console.log(custom_id);
        break;
      }
    },
    raw: async () => console.log((await batches.create({ requests: [requestOf('first')] }).asResponse()).status),
    again: async () => {
      for (let times = 0; times < 3; times++) await batches.create({ requests: [requestOf('first')] });
    },
    heap: async () => {
      const requests = Array.from({ length: COUNT }, (_, index) => requestOf(`request-${index}`));
      // What the SDK and a connection take is there before it is measured.
      await batches.create({ requests: requests.slice(0, 100) });
      const before = await heapUsed(Number.MAX_VALUE);
      await batches.create({ requests });
      console.log(requests.length, Math.round(((await heapUsed(before + 4 * 1024 * 1024)) - before) / 1024 / 1024));
    },
    others: async () => {
      await client.messages.create(requestOf('other').params);
      await client.messages.stream(requestOf('other').params).finalMessage();
      await client.beta.messages.create(requestOf('other').params);
      await batches.delete(id);
    },
  };
  for (const step of process.env.STEPS.split(' ')) await steps[step]();
};
