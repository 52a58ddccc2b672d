// What every program here does with the SDK of Anthropic that it has loaded in its own way: a batch of one request, and its result.
exports.call = async (Anthropic) => {
  const { batches } = new Anthropic({ maxRetries: 0 }).messages;
  const params = { model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] };
  const { id } = await batches.create({ requests: [{ custom_id: 'one', params }] });
  for await (const { result } of await batches.results(id)) console.log(result.type);
};
