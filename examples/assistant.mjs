// A travel assistant on AWS Bedrock: an ordinary application, with one span of its own around the part it cares about.
//
//   node examples/assistant.mjs
//
import { EventEmitter, on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  GetAsyncInvokeCommand,
  InvokeGuardrailChecksCommand,
  InvokeModelCommand,
  InvokeModelWithBidirectionalStreamCommand,
  InvokeModelWithResponseStreamCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { initLogger, traced, wrapTraced } from 'braintrust';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'us.amazon.nova-lite-v1:0';
const GUARDRAIL = { guardrailIdentifier: 'travel-desk', guardrailVersion: '3' };

const bedrock = new BedrockRuntimeClient({ maxAttempts: 3 });
initLogger({ projectName: 'travel-assistant' });

const tell = (who, text) => console.log(`${who.padEnd(10)} ${text}`);
const user = (text) => ({ role: 'user', content: [{ text }] });
const textOf = (message) => message.content.map((block) => block.text ?? '').join('');
const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const parsed = (data) => JSON.parse(new TextDecoder().decode(data));

/** What the assistant may look up. In earnest this would ask a weather service. */
const getWeather = wrapTraced(
  async ({ city }) => {
    await sleep(40);
    return { city, friday: 'sunny', celsius: 24, wind: 'north-west' };
  },
  { name: 'get_weather', type: 'tool' },
);
const weatherTool = {
  toolSpec: {
    name: 'get_weather',
    description: 'The weather in a city for the next days.',
    inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
  },
};

/** The house rules are the same for every question, so they are cached. */
const system = [
  { text: 'You are the travel desk of Meridian. Answer in short, friendly sentences. '.repeat(40).trim() },
  { cachePoint: { type: 'default' } },
];

/** One question, with the weather looked up where the model asks for it. */
async function answer(question) {
  const messages = [user(question)];
  const request = { modelId: CLAUDE, system, messages, inferenceConfig: { maxTokens: 400 }, toolConfig: { tools: [weatherTool] } };
  for (;;) {
    const { output, stopReason } = await bedrock.send(new ConverseCommand(request));
    if (stopReason !== 'tool_use') return textOf(output.message);
    messages.push(output.message);
    const uses = output.message.content.flatMap((block) => block.toolUse ?? []);
    const results = uses.map(async ({ toolUseId, input }) => ({ toolResult: { toolUseId, content: [{ json: await getWeather(input) }] } }));
    messages.push({ role: 'user', content: await Promise.all(results) });
  }
}

/** An answer that is shown while it is being written. */
async function stream(input) {
  const { stream: events } = await bedrock.send(new ConverseStreamCommand(input));
  let text = '';
  for await (const event of events) text += event.contentBlockDelta?.delta.text ?? '';
  return text;
}

async function planTrip(question) {
  const checked = await bedrock.send(new ApplyGuardrailCommand({ ...GUARDRAIL, source: 'INPUT', content: [{ text: { text: question } }] }));
  if (checked.action !== 'NONE') return checked.outputs[0].text;
  const converse = { system, messages: [user(question)] };
  const { inputTokens } = await bedrock.send(new CountTokensCommand({ modelId: CLAUDE, input: { converse } }));
  tell('', `(${inputTokens} tokens to read)`);
  tell('assistant', await answer(question));
  const itinerary = await stream({
    modelId: CLAUDE,
    system,
    messages: [user('Now an itinerary for two days, please.')],
    inferenceConfig: { maxTokens: 2000 },
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
  });
  tell('assistant', itinerary);
  return itinerary;
}

/** Claude's own request format, with a picture. */
async function describe(base64) {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64 } };
  const content = [image, { type: 'text', text: 'What is on this photo?' }];
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 300, messages: [{ role: 'user', content }] };
  const response = await bedrock.send(new InvokeModelCommand({ modelId: CLAUDE, body: JSON.stringify(body) }));
  return parsed(response.body).content[0].text;
}

async function compareFares() {
  const body = { messages: [{ role: 'user', content: 'Compare two train tickets with the flight: which is cheaper?' }], max_tokens: 500 };
  const response = await bedrock.send(new InvokeModelCommand({ modelId: 'openai.gpt-oss-120b-1:0', body: JSON.stringify(body) }));
  return parsed(response.body).choices[0].message.content;
}

async function postcard(text) {
  const body = {
    taskType: 'TEXT_IMAGE',
    textToImageParams: { text },
    imageGenerationConfig: { numberOfImages: 1, width: 512, height: 512 },
  };
  const response = await bedrock.send(new InvokeModelCommand({ modelId: 'amazon.nova-canvas-v1:0', body: JSON.stringify(body) }));
  return parsed(response.body).images.length;
}

async function embed(inputText) {
  const body = JSON.stringify({ inputText, dimensions: 256 });
  const response = await bedrock.send(new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body }));
  return parsed(response.body).embedding.length;
}

async function packingList() {
  const body = JSON.stringify({ messages: [user('A packing list for Lisbon in May, please.')], inferenceConfig: { maxTokens: 200 } });
  const response = await bedrock.send(new InvokeModelWithResponseStreamCommand({ modelId: NOVA, body }));
  let text = '';
  for await (const { chunk } of response.body) text += parsed(chunk.bytes).contentBlockDelta?.delta.text ?? '';
  return text;
}

/** A conversation by voice: the microphone waits for the assistant to finish before it goes on. */
async function talk(lines) {
  const assistant = new EventEmitter();
  const turns = on(assistant, 'turn');
  const promptName = 'call-1';
  const say = (event) => ({ chunk: { bytes: bytes({ event }) } });

  function* content(contentName, start, input) {
    yield say({ contentStart: { promptName, contentName, ...start } });
    yield say({ [start.type === 'TOOL' ? 'toolResult' : 'textInput']: { promptName, contentName, content: input } });
    yield say({ contentEnd: { promptName, contentName } });
  }

  async function* microphone() {
    const { name, description, inputSchema } = weatherTool.toolSpec;
    const toolSpec = { name, description, inputSchema: { json: JSON.stringify(inputSchema.json) } };
    yield say({ sessionStart: { inferenceConfiguration: { maxTokens: 1024, temperature: 0.7 } } });
    yield say({
      promptStart: { promptName, textOutputConfiguration: { mediaType: 'text/plain' }, toolConfiguration: { tools: [{ toolSpec }] } },
    });
    yield* content('system', { type: 'TEXT', role: 'SYSTEM', interactive: true }, 'You are a voice on the phone. Be brief.');
    for (const [index, line] of lines.entries()) {
      yield* content(`line-${index}`, { type: 'TEXT', role: 'USER', interactive: true }, line);
      for (let [turn] = (await turns.next()).value; turn.toolUse; [turn] = (await turns.next()).value) {
        const result = await getWeather(JSON.parse(turn.toolUse.content));
        const start = { type: 'TOOL', role: 'TOOL', toolResultInputConfiguration: { toolUseId: turn.toolUse.toolUseId, type: 'TEXT' } };
        yield* content(`result-${index}`, start, JSON.stringify(result));
      }
    }
    yield say({ promptEnd: { promptName } });
    yield say({ sessionEnd: {} });
  }

  const command = new InvokeModelWithBidirectionalStreamCommand({ modelId: 'amazon.nova-sonic-v1:0', body: microphone() });
  const { body } = await bedrock.send(command);
  for await (const { chunk } of body) {
    const { event } = parsed(chunk.bytes);
    if (event.textOutput) tell(event.textOutput.role === 'USER' ? 'caller' : 'voice', event.textOutput.content);
    if (event.toolUse || event.completionEnd) assistant.emit('turn', event);
  }
}

/** A film takes minutes, so it is a job: start it, look after it, list what there is. */
async function film(text) {
  const modelInput = { taskType: 'TEXT_VIDEO', textToVideoParams: { text }, videoGenerationConfig: { durationSeconds: 6, fps: 24 } };
  const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://meridian-films/' } };
  const job = { modelId: 'amazon.nova-reel-v1:1', modelInput, outputDataConfig };
  const { invocationArn } = await bedrock.send(new StartAsyncInvokeCommand(job));
  let status = 'InProgress';
  while (status === 'InProgress') {
    await sleep(80);
    ({ status } = await bedrock.send(new GetAsyncInvokeCommand({ invocationArn })));
  }
  const { asyncInvokeSummaries } = await bedrock.send(new ListAsyncInvokesCommand({ statusEquals: 'Completed' }));
  return `${status}; ${asyncInvokeSummaries.length} film so far`;
}

const PHOTO = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGN4tkADK2IYWhIAML5rgUp6X/IAAAAASUVORK5CYII=';

const question = 'I arrive in Lisbon on Friday. How will the weather be?';
tell('you', question);
await traced((span) => planTrip(question).then((output) => span.log({ output })), { name: 'plan a trip', event: { input: question } });

await traced(
  async () => {
    tell('assistant', await describe(PHOTO));
    tell('assistant', `Your postcard is ready (${await postcard('A yellow tram climbing a hill in Lisbon')} picture).`);
  },
  { name: 'pictures' },
);

tell('assistant', await compareFares());
tell('assistant', `${await packingList()} (${await embed('Lisbon in May')} dimensions for the search)`);

tell('you', 'When do I leave for the airport in the rush hour?');
const rush = await bedrock.send(
  new ConverseCommand({ modelId: NOVA, messages: [user('When do I leave for the airport in the rush hour?')] }),
);
tell('assistant', `${textOf(rush.output.message)} (attempt ${rush.$metadata.attempts})`);

const blocked = { modelId: NOVA, guardrailConfig: { ...GUARDRAIL, trace: 'enabled' } };
const card = await bedrock.send(new ConverseCommand({ ...blocked, messages: [user('Book it with my card 4111 1111 1111 1111.')] }));
tell('assistant', textOf(card.output.message));

const checks = { contentFilter: { categories: [{ category: 'VIOLENCE' }] }, promptAttack: { categories: [{ category: 'JAILBREAK' }] } };
const review = [{ role: 'user', content: [{ text: 'Lovely hotel, close to the station.' }] }];
const { results } = await bedrock.send(new InvokeGuardrailChecksCommand({ messages: review, checks }));
tell('moderator', `the review scores ${results.promptAttack.results[0].severityScore} for prompt attacks`);

try {
  tell('assistant', await stream({ modelId: NOVA, messages: [user('Tell me a long story for the train.')] }));
} catch (error) {
  tell('assistant', `Sorry, I lost the thread of that story. (${error.name})`);
}

await traced(() => talk(['Hello! What will the weather be in Lisbon?', 'And can I get a refund?']), { name: 'phone call' });
tell('assistant', `Your film: ${await film('A slow flight over the roofs of Alfama')}.`);
