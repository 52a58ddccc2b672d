import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, object, parseJson, string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import { batchJobs } from './batch';
import { staged, throttled } from './faults';
import { applyGuardrail, guardrailChecks, guardrailTrace, judge } from './guardrail';
import { jobs } from './jobs';
import { converseEvents, converseResponse, readConverse } from './models/converse';
import { alwaysThinks, dialectOf, exists } from './models/dialect';
import type { Dialect, Prompt, Reply } from './models/prompt';
import { inputTokens, reply } from './models/reply';
import { route } from './route';
import { sonic } from './sonic';
import { type Answer, type BedrockOptions, type BedrockRequest, failure } from './types';

type Handler = (request: BedrockRequest, body: JsonObject) => Answer | Promise<Answer>;

/** What the embedded Bedrock answers where no script says otherwise. */
export function builtIn(options: BedrockOptions): (request: BedrockRequest) => Promise<Answer> {
  const { latencyMs = 0, chunkMs = 0, pollsUntilDone = 1 } = options;
  const cached = new Set<string>();
  const asyncJobs = jobs(pollsUntilDone);
  const batches = batchJobs(pollsUntilDone, options.batch);

  const converse: Handler = async (request, body) => {
    const { prompt, started } = await read(request, body, readConverse);
    const fault = throttled(request, prompt.text);
    if (fault) return fault;
    const guarded = guard(body, prompt);
    const response = { ...converseResponse(guarded?.reply ?? reply(prompt, cached), elapsed(started)), ...guarded?.stopped };
    return { json: guarded?.trace ? { ...response, trace: guarded.trace } : response };
  };

  const converseStream: Handler = async (request, body) => {
    const { prompt, started } = await read(request, body, readConverse);
    const fault = throttled(request, prompt.text);
    if (fault) return fault;
    const guarded = guard(body, prompt);
    const events = converseEvents(guarded?.reply ?? reply(prompt, cached), () => elapsed(started));
    const event = (item: JsonObject) => {
      if (guarded && isObject(item.metadata)) return { metadata: { ...item.metadata, trace: guarded.trace } };
      return guarded?.stopped && isObject(item.messageStop) ? { messageStop: guarded.stopped } : withObject(item);
    };
    return { events: staged(events, prompt.text, chunkMs, event) };
  };

  const invokeModel: Handler = async (request, body) => {
    const dialect = dialectOf(request.modelId ?? '', body);
    const { prompt, started } = await read(request, body, dialect.read);
    const fault = throttled(request, prompt.text);
    if (fault) return fault;
    const answer = reply(prompt, cached);
    return { json: dialect.whole(answer, body), headers: usageHeaders(answer, elapsed(started), dialect.billed) };
  };

  const invokeModelStream: Handler = async (request, body) => {
    const dialect = dialectOf(request.modelId ?? '', body);
    const { prompt, started } = await read(request, body, dialect.read);
    const fault = throttled(request, prompt.text);
    if (fault) return fault;
    const answer = reply(prompt, cached);
    const chunks = [...dialect.chunks(answer, body)];
    const last = dialect.metricsApart ? undefined : chunks.pop();
    const metrics = { 'amazon-bedrock-invocationMetrics': invocationMetrics(answer, elapsed(started)) };
    const events = staged([...chunks, { ...last, ...metrics }], prompt.text, chunkMs, (chunk) => ({ chunk }));
    return { headers: { 'x-amzn-bedrock-content-type': 'application/json' }, events };
  };

  const countTokens: Handler = (request, body) => {
    const input = object(body.input) ?? {};
    const converseInput = object(input.converse);
    if (converseInput) return { json: { inputTokens: inputTokens(readConverse(converseInput)) } };
    const text = Buffer.from(string(object(input.invokeModel)?.body) ?? '', 'base64').toString('utf8');
    const parsed = object(parseJson(text)) ?? {};
    return { json: { inputTokens: inputTokens(dialectOf(request.modelId ?? '', parsed).read(parsed)) } };
  };

  async function read(request: BedrockRequest, body: JsonObject, reader: (body: JsonObject) => Prompt) {
    const started = Date.now();
    if (latencyMs > 0) await sleep(latencyMs);
    const prompt = reader(body);
    return { started, prompt: { ...prompt, thinking: prompt.thinking || alwaysThinks(request.modelId ?? '') } };
  }

  const handlers: Record<string, Handler> = {
    Converse: converse,
    ConverseStream: converseStream,
    InvokeModel: invokeModel,
    InvokeModelWithResponseStream: invokeModelStream,
    InvokeModelWithBidirectionalStream: ({ inbound }) => ({ events: sonic(inbound, chunkMs) }),
    CountTokens: countTokens,
    StartAsyncInvoke: (_request, body) => asyncJobs.start(body),
    GetAsyncInvoke: (request) => asyncJobs.get(named(request)),
    ListAsyncInvokes: ({ query }) => asyncJobs.list(query),
    CreateModelInvocationJob: (_request, body) => batches.create(body),
    GetModelInvocationJob: (request) => batches.get(named(request)),
    ListModelInvocationJobs: ({ query }) => batches.list(query),
    StopModelInvocationJob: (request) => batches.stop(named(request)),
    ApplyGuardrail: (_request, body) => ({ json: applyGuardrail(body) }),
    InvokeGuardrailChecks: (_request, body) => ({ json: guardrailChecks(body) }),
  };

  return async (request) => {
    const handler = handlers[request.operation];
    if (!handler) return failure(404, 'UnknownOperationException', `No operation for ${request.method} ${request.path}`);
    if (request.modelId !== undefined && !exists(request.modelId)) {
      return failure(400, 'ValidationException', 'The provided model identifier is invalid.');
    }
    return handler(request, object(request.body) ?? {});
  };
}

/** What a guardrail does to a Converse call, where it has one: a prompt that it stops never reaches the model. */
function guard(body: JsonObject, prompt: Prompt): { reply?: Reply; stopped?: JsonObject; trace: JsonObject } | undefined {
  const identifier = string(object(body.guardrailConfig)?.guardrailIdentifier);
  if (identifier === undefined) return undefined;
  const verdict = judge(prompt.text);
  const trace = guardrailTrace(identifier, verdict);
  if (!verdict.intervened) return { trace };
  const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return {
    reply: { reasoning: '', text: verdict.text, toolUses: [], stop: 'end', usage },
    stopped: { stopReason: 'guardrail_intervened' },
    trace,
  };
}

function usageHeaders({ usage }: Reply, latency: number, billed: Dialect['billed']): Record<string, string> {
  const time = { 'x-amzn-bedrock-invocation-latency': String(latency) };
  if (billed === 'none') return time;
  const input = { ...time, 'x-amzn-bedrock-input-token-count': String(usage.input) };
  if (billed === 'input') return input;
  return {
    ...input,
    'x-amzn-bedrock-output-token-count': String(usage.output),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheRead),
    'x-amzn-bedrock-cache-write-input-token-count': String(usage.cacheWrite),
  };
}

function invocationMetrics({ usage }: Reply, latency: number): JsonObject {
  const cache = usage.cacheRead + usage.cacheWrite > 0;
  return {
    inputTokenCount: usage.input,
    outputTokenCount: usage.output,
    invocationLatency: latency,
    firstByteLatency: latency,
    ...(cache ? { cacheReadInputTokenCount: usage.cacheRead, cacheWriteInputTokenCount: usage.cacheWrite } : {}),
  };
}

/** The same event, with a payload that is known to be an object. */
function withObject(event: JsonObject): { [type: string]: JsonObject } {
  return Object.fromEntries(Object.entries(event).map(([type, payload]) => [type, object(payload) ?? {}]));
}

/** What the path of the request names. */
const named = ({ method, path }: BedrockRequest) => route(method, path).names[0] ?? '';

const elapsed = (started: number) => Math.max(1, Date.now() - started);
