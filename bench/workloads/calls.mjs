// The calls that an application makes, by name. Texts that differ from call to call are told apart by `index`.
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';

const NOVA = 'us.amazon.nova-lite-v1:0';
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';

const SENTENCE = 'The miradouro looks over the roofs of Alfama to the river, and the tram stops in front of the church. ';
const history = Array.from({ length: 99 }, (_, index) => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content: [{ text: `${index}: ${SENTENCE.repeat(20)}` }],
}));
const image = Uint8Array.from({ length: 5 * 1024 * 1024 }, (_, index) => (index * 2_654_435_761) >>> 24);

const user = (text) => ({ role: 'user', content: [{ text }] });
const invoke = (modelId, body) => ({ modelId, contentType: 'application/json', body: JSON.stringify(body) });
const small = (index) => ({
  modelId: NOVA,
  system: [{ text: 'You are a concise guide to Lisbon.' }],
  messages: [user(`How do I get to the castle on day ${index}?`)],
  inferenceConfig: { maxTokens: 200, temperature: 0.2 },
});
const prompt = (index, events) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: events,
  messages: [{ role: 'user', content: `Tell a long story, number ${index}.` }],
});

export const CALLS = {
  converse: (index) => new ConverseCommand(small(index)),
  // 30 ms is short for a model, and long beside what tracing does after a call.
  served: (index) => new ConverseCommand({ ...small(index), additionalModelRequestFields: { answer_after_ms: 30 } }),
  late: (index) => new ConverseCommand({ ...small(index), additionalModelRequestFields: { answer_after_ms: 400 } }),
  // As long as the prompts of services are: what is kept of it while the ingest is away can be seen in the heap.
  page: (index) => new ConverseCommand({ ...small(index), messages: [user(`${index}: ${SENTENCE.repeat(39)}${index}`)] }),
  // 64 KB that no other call shares.
  chapter: (index) => new ConverseCommand({ ...small(index), messages: [user(`${index}: ${SENTENCE.repeat(640)}`)] }),
  conversation: (index) => new ConverseCommand({ ...small(index), messages: [...history, user(`And on day ${index}?`)] }),
  image: (index) =>
    new ConverseCommand({
      modelId: NOVA,
      messages: [{ role: 'user', content: [{ text: `Where is this, ${index}?` }, { image: { format: 'png', source: { bytes: image } } }] }],
    }),
  answer: (index) => new InvokeModelCommand(invoke(CLAUDE, prompt(index, 64_000))),
  embedding: (index) => new InvokeModelCommand(invoke(TITAN, { inputText: `The castle of Lisbon, ${index}`, dimensions: 1024 })),
  converseStream: (index, events) => new ConverseStreamCommand({ ...small(index), inferenceConfig: { maxTokens: events } }),
  invokeStream: (index, events) => new InvokeModelWithResponseStreamCommand(invoke(CLAUDE, prompt(index, events))),
};

/** The stream of an answer, if it has one. */
export const streamOf = (answer) =>
  answer.stream ?? (answer.body?.[Symbol.asyncIterator] && !answer.body.transformToString ? answer.body : undefined);
