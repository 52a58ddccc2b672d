import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { NodeHttpHandler } from '@smithy/node-http-handler';

process.env.BRAINTRUST_BEDROCK_CONTENT = 'none'; // read once, by the first call

import * as sdk from '@aws-sdk/client-bedrock-runtime';
import { failure } from '../demo/bedrock';
import type { Row } from '../demo/ingest';
import { errorContent } from '../src/content';
import { isObject } from '../src/read';
import { startTraced, type Traced } from './helpers/traced';

/** Words of the API and of the contract: they say how a message is built, whoever wrote it. */
const STRUCTURE =
  /^(messages?|content|system|assistant|user|thinking|reasoning\w*|redacted\w*|signature|image|document|video|audio|format|source|bytes|bytelength|length|contenttype|application|octet|stream|type|text|tool_use|tool_result|tool_use_id|input|inputs|output|outputs|prompt|query|results?|documents?|citations?\w*|function|arguments|index|count|action|assessments|is_error|tool_calls|image_url|name|error|exception|validation\w*|access\w*|throttling\w*|stack|node_modules|width|length|json|guardContent|cachePoint|default|standard|operation|streamStatus|tools|custom|model|modelinput|search\w*|web_search\w*|server_tool_use)$/i;

const WORDS = /[\p{L}_]{6,}|\d{5,}|[A-Za-z0-9+/]{24,}/gu;

/** Every word, number and base64 run that nobody would find in a row by chance. */
function distinctive(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    for (const word of value.match(WORDS) ?? []) if (!STRUCTURE.test(word)) found.add(word.toLowerCase());
  } else if (Array.isArray(value)) for (const item of value) distinctive(item, found);
  else if (isObject(value)) for (const item of Object.values(value)) distinctive(item, found);
  return found;
}

/** The words of a row, its keys included; without what it says of the call itself: model, region, ids. */
function wordsOf({ input, output, metadata, error }: Row): Set<string> {
  const { provider, model, region, command, operation, inferenceProfile, vendor, requestId, responseModel, guardrailIdentifier, ...rest } =
    metadata ?? {};
  const stack = (key: string, value: unknown) => (key === 'stack' ? undefined : value);
  return new Set(
    JSON.stringify({ input, output, metadata: Object.values(rest), error }, stack)
      .toLowerCase()
      .match(WORDS),
  );
}

const leaks = (row: Row, secrets: Set<string>) => {
  const words = wordsOf(row);
  return [...secrets].filter((word) => words.has(word));
};

describe('with content off', () => {
  let traced: Traced;
  before(async () => {
    traced = await startTraced({
      respond: ({ body }) =>
        JSON.stringify(body ?? '').includes('quoted') ? failure(400, 'ValidationException', 'bad value: quotedsecret') : undefined,
    });
  });
  after(() => traced.close());

  const secret = (tag: string) => `${tag}zebra ${tag}walrus 7746${tag.length}19`;

  it('no text, tool argument, file name or byte of a call is in its row, and its structure is', async () => {
    const input: sdk.ConverseCommandInput = {
      modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
      system: [{ text: secret('system') }],
      messages: [
        {
          role: 'user',
          content: [
            { text: secret('question') },
            { document: { format: 'txt', name: secret('filename'), source: { bytes: Buffer.from(secret('documentbytes')) } } },
            { image: { format: 'png', source: { bytes: new Uint8Array(900).fill(65) } } },
          ],
        },
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 'toolidentifier', name: 'lookupgiraffe', input: { keyostrich: secret('argument') } } }],
        },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 'toolidentifier', content: [{ json: { resultkey: secret('toolresult') } }] } }],
        },
      ],
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'lookupgiraffe',
              description: secret('description'),
              inputSchema: { json: { properties: { keyostrich: {} } } },
            },
          },
        ],
      },
      requestMetadata: { tenant: secret('tenant') },
      inferenceConfig: { stopSequences: [secret('stop')], maxTokens: 50 },
    };
    const [span] = await traced.spansOf(() => traced.client().converse(input));
    assert.ok(span);
    assert.deepEqual(
      leaks(
        span,
        distinctive(
          input.system,
          distinctive(input.messages, distinctive([input.toolConfig, input.requestMetadata, input.inferenceConfig])),
        ),
      ),
      [],
    );
    const roles = (Array.isArray(span.input) ? span.input : []).map((message) => [
      message.role,
      message.content.map((block: { type: string }) => block.type),
    ]);
    assert.deepEqual(roles, [
      ['system', ['text']],
      ['user', ['text', 'document', 'image']],
      ['assistant', ['tool_use']],
      ['user', ['tool_result']],
    ]);
    assert.equal(span.metadata?.maxTokens, 50);
    assert.ok(Number(span.metrics?.tokens) > 0);
    assert.equal(traced.ingest.attachments.size, 0);
  });

  it('nor is what a body nobody knows has under names that are known', async () => {
    const secrets = {
      k: secret('topk'),
      temperature: secret('temperature'),
      max_tokens: [secret('maxtokens')],
      stop_reason: secret('stopping'),
      model: secret('modelname'),
    };
    const documents = [
      { role: 'zqdocrole', action: 'zqaction', format: 'zqformat', count: 774003, type: 'zqtype_message', text: secret('documenttext') },
    ];
    for (const modelId of ['acme.unheard-of-v1:0', 'cohere.command-r-v1:0', 'cohere.rerank-v3-5:0']) {
      const body = {
        ...secrets,
        documents,
        message: secret('message'),
        query: secret('query'),
        tool_results: [{ call: { name: 'zqtool' }, outputs: documents }],
        tools: [{ type: 'zqtooltype', name: 'zqtoolname' }],
      };
      const [span] = await traced.spansOf(() => traced.client().invokeModel({ modelId, body: JSON.stringify(body) }));
      assert.ok(span);
      const found = JSON.stringify(span, (key, value) => (key === 'model' ? undefined : value)).match(/zq\w+|\w*(zebra|walrus)|774003/g);
      assert.equal(found, null, modelId);
    }
  });

  it('nor is a line of an error message that looks like a stack', () => {
    const error = new Error('Malformed input:\n    at zqsecretline one');
    assert.doesNotMatch(JSON.stringify(errorContent({ name: error.name, message: error.message, stack: error.stack ?? '' })), /zqsecret/);
  });

  it('neither is the message of an error', async () => {
    const [span] = await traced.spansOf(() =>
      traced.client().converse({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'quoted' }] }] }),
    );
    assert.equal(Reflect.get(Object(span?.error), 'name'), 'ValidationException');
    assert.doesNotMatch(JSON.stringify(span), /quotedsecret/);
  });

  it('nor what a stream or a body of any family says', async () => {
    for (const modelId of [
      'anthropic.claude-3-haiku-20240307-v1:0',
      'amazon.nova-lite-v1:0',
      'openai.gpt-oss-120b-1:0',
      'acme.unheard-of-v1:0',
    ]) {
      const body = {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 40,
        messages: [{ role: 'user', content: [{ type: 'text', text: secret('invoked') }] }],
        prompt: secret('plainprompt'),
      };
      const spans = await traced.spansOf(async () => {
        await traced.client().invokeModel({ modelId, body: JSON.stringify(body) });
        for await (const _ of (await traced.client().invokeModelWithResponseStream({ modelId, body: JSON.stringify(body) })).body ?? []) {
          // read to the end
        }
      });
      assert.equal(spans.length, 2);
      for (const span of spans) assert.deepEqual(leaks(span, distinctive(body.messages, distinctive(body.prompt))), []);
    }
  });

  const CORPUS = join(__dirname, '../../shared/corpus');
  it('nor anything of recorded traffic', { skip: existsSync(CORPUS) ? false : `${CORPUS} is not there` }, async () => {
    const load = (file: string) => import(pathToFileURL(join(CORPUS, file)).href);
    const { startReplay, loadExchanges } = await load('replay.mjs');
    const { makeClient, runExchange } = await load('drive.mjs');
    const exchanges = loadExchanges(join(CORPUS, 'exchanges'));
    const truth = JSON.parse(readFileSync(join(CORPUS, 'truth.json'), 'utf8'));
    const replay = await startReplay(exchanges);
    const client = makeClient(sdk, { endpoint: replay.url, NodeHttpHandler });
    const found: string[] = [];
    let spansSeen = 0;
    for (const exchange of exchanges) {
      const spans = await traced.spansOf(() => runExchange(sdk, client, exchange));
      spansSeen += spans.length;
      const { texts, toolCalls, reasoning, error } = truth[exchange.id];
      const { messages, system, prompt, inputText, message, texts: inputs, content } = exchange.request.body ?? {};
      const words = distinctive([
        texts,
        toolCalls,
        reasoning,
        error?.message,
        messages,
        system,
        prompt,
        inputText,
        message,
        inputs,
        content,
      ]);
      for (const span of spans) for (const word of leaks(span, words)) found.push(`${exchange.id}: ${word}`);
    }
    client.destroy();
    await replay.close();
    assert.equal(spansSeen, exchanges.length);
    assert.deepEqual(found, []);
  });
});
