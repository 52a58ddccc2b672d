import { isObject, number, objects, put } from './read';
import type { JsonObject, Metrics } from './types';

/** Token counts as a wire reports them; what it does not report is absent. */
export interface Usage {
  input?: number | undefined;
  output?: number | undefined;
  cacheRead?: number | undefined;
  cacheWrite?: number | undefined;
  cacheWrite5m?: number | undefined;
  cacheWrite1h?: number | undefined;
  reasoning?: number | undefined;
  inputAudio?: number | undefined;
  outputAudio?: number | undefined;
  /** Whether `input` already includes the cached tokens (OpenAI-shaped bodies). Bedrock's and Anthropic's counts do not. */
  inputIncludesCache?: boolean;
}

/** The contract's metrics: `prompt_tokens` includes the cache, `tokens` is the sum of both sides, nothing is invented. */
export function tokenMetrics(usage: Usage): Metrics {
  const cached = usage.inputIncludesCache ? 0 : (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
  const metrics: Metrics = {};
  const put = (name: keyof Metrics, value: number | undefined) => {
    if (value !== undefined && value >= 0) metrics[name] = value;
  };
  put('prompt_tokens', usage.input === undefined || usage.input < 0 ? undefined : usage.input + cached);
  put('completion_tokens', usage.output);
  if (metrics.prompt_tokens !== undefined && metrics.completion_tokens !== undefined)
    metrics.tokens = metrics.prompt_tokens + metrics.completion_tokens;
  put('prompt_cached_tokens', usage.cacheRead);
  put('prompt_cache_creation_tokens', usage.cacheWrite);
  put('prompt_cache_creation_5m_tokens', usage.cacheWrite5m);
  put('prompt_cache_creation_1h_tokens', usage.cacheWrite1h);
  put('completion_reasoning_tokens', usage.reasoning);
  put('prompt_audio_tokens', usage.inputAudio);
  put('completion_audio_tokens', usage.outputAudio);
  return metrics;
}

/** Milliseconds as Bedrock reports them; what is no duration is not one. */
export const latencyMetric = (latency: number | undefined): Metrics =>
  latency === undefined || latency < 0 ? {} : { latency_ms: latency };

/** Converse's `usage`, which Nova bodies share. The wire has cache counts under two names (…Tokens and …TokenCount). */
export function converseUsage(value: unknown): Usage {
  if (!isObject(value)) return {};
  const written = cacheWrites(value.cacheDetails);
  return {
    input: number(value.inputTokens),
    output: number(value.outputTokens),
    cacheRead: number(value.cacheReadInputTokens) ?? number(value.cacheReadInputTokenCount),
    cacheWrite: number(value.cacheWriteInputTokens) ?? number(value.cacheWriteInputTokenCount),
    cacheWrite5m: written['5m'],
    cacheWrite1h: written['1h'],
  };
}

/** `cacheDetails: [{ ttl: '5m' | '1h', inputTokens }]`: what was written to the cache, by how long it stays. */
function cacheWrites(value: unknown): Record<string, number> {
  const byTtl: Record<string, number> = {};
  for (const { ttl, inputTokens } of objects(value)) {
    const count = number(inputTokens);
    if (typeof ttl === 'string' && count !== undefined) byTtl[ttl] = (byTtl[ttl] ?? 0) + count;
  }
  return byTtl;
}

/** `amazon-bedrock-invocationMetrics`, in the last chunk of an InvokeModel stream. */
export function invocationMetrics(value: JsonObject): Metrics {
  const metrics = tokenMetrics({
    input: number(value.inputTokenCount),
    output: number(value.outputTokenCount),
    cacheRead: number(value.cacheReadInputTokenCount),
    cacheWrite: number(value.cacheWriteInputTokenCount),
  });
  return put(metrics, latencyMetric(number(value.invocationLatency)));
}

/** The `x-amzn-bedrock-*` headers of an InvokeModel response: the only place where many models' counts are. */
export function headerMetrics(headers: JsonObject): Metrics {
  const count = (name: string) => {
    const value = headers[`x-amzn-bedrock-${name}`];
    return typeof value === 'string' && value !== '' ? number(Number(value)) : undefined;
  };
  const metrics = tokenMetrics({
    input: count('input-token-count'),
    output: count('output-token-count'),
    cacheRead: count('cache-read-input-token-count'),
    cacheWrite: count('cache-write-input-token-count'),
  });
  return put(metrics, latencyMetric(count('invocation-latency')));
}

/** The metrics with what a further source has where they have nothing; the sum is made anew. */
export function addMissing(metrics: Metrics, more: Metrics): Metrics {
  const result = put(put<Metrics>({}, more), metrics);
  // A body that counts without the cache, beside a source that knows of it: the input is the same, and the cache belongs to it.
  const cached = (more.prompt_cached_tokens ?? 0) + (more.prompt_cache_creation_tokens ?? 0);
  const knowsCache = metrics.prompt_cached_tokens !== undefined || metrics.prompt_cache_creation_tokens !== undefined;
  if (!knowsCache && cached > 0 && more.prompt_tokens !== undefined && metrics.prompt_tokens === more.prompt_tokens - cached) {
    result.prompt_tokens = more.prompt_tokens;
    if (result.completion_tokens !== undefined) result.tokens = more.prompt_tokens + result.completion_tokens;
    return result;
  }
  const { prompt_tokens: prompt, completion_tokens: completion } = result;
  if (metrics.tokens === undefined && prompt !== undefined && completion !== undefined) result.tokens = prompt + completion;
  return result;
}
