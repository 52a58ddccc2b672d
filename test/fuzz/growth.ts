import { type Call, trace } from './line';

/** Four times the size may take four times as long, and some more for caches and memory. */
const MOST_RATIO = 9;
/** Below it, a time says nothing. */
const LEAST_MS = 40;

const invoke = (modelId: string, body: unknown, response: unknown = {}): Call => ({
  operation: 'InvokeModel',
  input: { modelId, body: { $json: body } },
  output: { body: { $json: response } },
});
const chunks = (modelId: string, events: unknown[]): Call => ({
  operation: 'InvokeModelWithResponseStream',
  input: { modelId, body: { $json: { messages: [] } } },
  events: events.map((event) => ({ chunk: { bytes: { $json: event } } })),
});
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));
const deltas = (count: number, delta: (index: number) => object): Call => ({
  operation: 'ConverseStream',
  input: { modelId: 'amazon.nova-lite-v1:0' },
  events: many(count, (index) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: delta(index) } })),
});
const session = (count: number, event: (index: number) => object[]): Call => ({
  operation: 'InvokeModelWithBidirectionalStream',
  input: { modelId: 'amazon.nova-sonic-v1:0', body: { $stream: [] } },
  events: many(count, event)
    .flat()
    .map((one) => ({ chunk: { bytes: { $json: { event: one } } } })),
});
/** Text that is base64 from its first bytes on, and long enough to be taken for a file. */
const BASE64 = 'iVBORw0KGgo'.padEnd(300, 'Ab1+');
const OPAQUE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x';

/** Calls that grow with `n`, each in its own way. */
const GROWING: Readonly<Record<string, (n: number) => Call>> = {
  'line ends after base64': (n) => invoke(OPAQUE, { x: `${BASE64}${'\n'.repeat(n)}!` }),
  'a long base64 that is none': (n) => invoke(OPAQUE, { x: `${BASE64.repeat(n / 100)}!` }),
  'spaces after a data URL': (n) => invoke(OPAQUE, { x: `data:image/png;base64,${' '.repeat(n)}` }),
  'a long model id': (n) => invoke(`us.${'a-'.repeat(n)}.x`, { prompt: 'a' }),
  'a model id of dots': (n) => invoke(`${'us.'.repeat(n)}/`, { prompt: 'a' }),
  'an ARN of colons': (n) => invoke(`arn:${':'.repeat(n)}`, { prompt: 'a' }),
  'a long key': (n) => invoke(OPAQUE, { [`${'aA_'.repeat(n)}`]: 'b' }),
  'many keys': (n) => invoke(OPAQUE, Object.fromEntries(many(n, (index) => [`key_${index}_id`, `text ${index}`]))),
  'many prompts': (n) => invoke(OPAQUE, { text_prompts: many(n, (index) => ({ text: `a prompt of several words ${index}` })) }),
  'prompts of two lines': (n) => invoke(OPAQUE, { text_prompts: many(n, (index) => ({ text: `a prompt\nof two lines ${index}` })) }),
  'many messages': (n) => invoke(OPAQUE, { messages: many(n, (index) => ({ role: 'user', content: `message ${index}` })) }),
  'JSON in texts': (n) => invoke(OPAQUE, { messages: many(n, (index) => ({ role: 'tool', content: `{"a":"text ${index}"}` })) }),
  'many choices': (n) => invoke('openai.gpt-oss-20b-1:0', { messages: [] }, { choices: many(n, () => ({ message: { content: 'a' } })) }),
  'many images': (n) => invoke('stability.sd3-large-v1:0', { prompt: 'a' }, { images: many(n, () => BASE64) }),
  'a text of quotes': (n) => invoke(OPAQUE, { messages: [{ role: 'user', content: '"'.repeat(n) }] }),
  'texts past the limit': (n) => invoke(OPAQUE, { messages: many(n / 20, () => ({ role: 'user', content: 'word '.repeat(200) })) }),
  'chunks that nobody knows': (n) =>
    chunks(
      OPAQUE,
      many(n / 10, (index) => ({ [`x${index}`]: 'text', more: [{ text: 'a' }] })),
    ),
  'pieces of a text': (n) =>
    chunks(
      'anthropic.claude-x',
      many(n, () => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ab' } })),
    ),
  'blocks of Anthropic': (n) =>
    chunks(
      'anthropic.claude-x',
      many(n, (index) => ({ type: 'content_block_start', index, content_block: { type: 'text', text: 'a' } })),
    ),
  citations: (n) =>
    chunks(
      'anthropic.claude-x',
      many(n, () => ({ type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: { a: 1 } } })),
    ),
  'calls of OpenAI': (n) =>
    chunks(
      'openai.gpt-oss-20b-1:0',
      many(n, (index) => ({ choices: [{ delta: { tool_calls: [{ index, function: { arguments: '{}' } }] } }] })),
    ),
  'details of OpenAI': (n) =>
    chunks(
      'openai.gpt-oss-20b-1:0',
      many(n, (index) => ({ choices: [{ delta: { reasoning_details: [{ index, text: 'a' }] } }] })),
    ),
  'thinking of Magistral': (n) =>
    chunks(
      'mistral.magistral-x',
      many(n, () => ({ choices: [{ delta: { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }] } }] })),
    ),
  'blocks of Nova': (n) =>
    chunks(
      'amazon.nova-lite-v1:0',
      many(n, (index) => ({ contentBlockDelta: { contentBlockIndex: index, delta: { other: index } } })),
    ),
  'calls of Cohere': (n) =>
    chunks(
      'cohere.command-r-v1:0',
      many(n, (index) => ({ event_type: 'tool-calls-chunk', tool_call_delta: { index, parameters: '{}' } })),
    ),
  'generations of Cohere': (n) =>
    chunks(
      'cohere.command-text-v14',
      many(n, (index) => ({ index, text: 'a' })),
    ),
  'texts of Converse': (n) => deltas(n, () => ({ text: 'ab' })),
  'reasoning of Converse': (n) => deltas(n, () => ({ reasoningContent: { text: 'a' } })),
  'citations of Converse': (n) => deltas(n, (index) => ({ citation: { title: `${index}` } })),
  'new members of Converse': (n) => deltas(n / 2, (index) => ({ [`new${index}`]: { text: 'a' } })),
  'pieces of a file': (n) => deltas(n / 2, () => ({ image: { source: { bytes: { $bytes: 'iVBORw0K' } } } })),
  'sentences of Sonic': (n) =>
    session(n / 5, (index) => [
      { contentStart: { contentId: `${index}`, role: 'ASSISTANT', type: 'TEXT' } },
      { textOutput: { contentId: `${index}`, content: 'A sentence of some words.' } },
      { contentEnd: { contentId: `${index}`, stopReason: 'PARTIAL_TURN' } },
    ]),
  'turns of Sonic': (n) =>
    session(n / 20, (index) => [
      { contentStart: { contentId: `u${index}`, role: 'USER', type: 'TEXT' } },
      { textOutput: { contentId: `u${index}`, content: 'A question.' } },
      { contentStart: { contentId: `${index}`, role: 'ASSISTANT', type: 'TEXT' } },
      { textOutput: { contentId: `${index}`, content: 'An answer.' } },
      { contentEnd: { contentId: `${index}`, stopReason: 'END_TURN', type: 'AUDIO' } },
    ]),
  'tools of Sonic': (n) =>
    session(n / 10, (index) => [
      { toolUse: { toolUseId: `${index}`, toolName: 'a', content: '{}' } },
      { completionEnd: { stopReason: 'END_TURN' } },
    ]),
  'audio of Sonic': (n) => session(n / 10, () => [{ audioOutput: { content: 'AAAA'.repeat(100) } }]),
  'blocks within blocks': (n) => ({
    operation: 'Converse',
    input: { messages: many(n, () => ({ role: 'user', content: [{ toolResult: { content: [{ text: 'a' }] } }] })) },
  }),
  headers: (n) => ({ ...invoke(OPAQUE, {}), headers: { 'x-amzn-bedrock-input-token-count': '9'.repeat(n) } }),
};

/** The calls whose time grows faster than they do, each in words. */
export async function superlinear(): Promise<string[]> {
  const found: string[] = [];
  for (const [name, call] of Object.entries(GROWING)) {
    // grow until a time is one, up to what an application might really send
    let n = 2000;
    let before = await best(call(n));
    while (before < LEAST_MS && n < 128_000) {
      n *= 2;
      before = await best(call(n));
    }
    const after = await best(call(n * 4));
    if (after > before * MOST_RATIO && after > LEAST_MS * 4) {
      found.push(`${name}: ${n} take ${Math.round(before)} ms, ${n * 4} take ${Math.round(after)} ms`);
    }
  }
  return found;
}

async function best(call: Call): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && least > LEAST_MS; round++) {
    const { ms } = await trace(call);
    least = Math.min(least, ms);
  }
  return least;
}
