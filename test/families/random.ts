/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Names that the families look for, and names that break careless code. */
const NAMES =
  'messages role content type text system tools tool_choice toolConfig inferenceConfig prompt inputText inputs images image choices delta message index finish_reason stop_reason usage prompt_tokens input_tokens output output_text results outputText generation generations outputs completions data completion is_finished event_type response tool_calls function arguments name id input source bytes base64 media_type format thinking signature citations citation contentBlockDelta contentBlockStart contentBlockIndex messageStart messageStop metadata start toolUse toolResult reasoningContent reasoning_content embeddings embedding embeddingsByType texts query documents relevance_score artifacts taskType textToImageParams inputPrompt mediaSource message_start content_block_start content_block_delta content_block partial_json amazon-bedrock-invocationMetrics amazon-bedrock-trace __proto__ constructor toString hasOwnProperty length $unknown polluted'.split(
    ' ',
  );

const TEXTS = [
  '',
  'text',
  'assistant',
  'message_start',
  'content_block_start',
  'content_block_delta',
  'message_delta',
  'text_delta',
  'input_json_delta',
  'citations_delta',
  'tool_use',
  'image',
  'image_url',
  'text-generation',
  'stream-end',
  'tool-calls-chunk',
  'TEXT_IMAGE',
  '__proto__',
  'toString',
  '{"a":',
  'data:image/png;base64,AAAA',
  'data:',
  '\ud800',
  '\u0000',
  'x'.repeat(500),
];
const NUMBERS = [0, -1, 1, 2, 0.5, 1e308, -1e308, 2 ** 53, 4294967295, 1e9];

const pick = <T>(list: readonly T[], next: () => number): T => list[Math.floor(next() * list.length)] as T;

/** Any JSON. `__proto__` is a key of its own, as JSON.parse makes it. */
export function randomJson(next: () => number, depth = 0): unknown {
  const kind = next();
  if (depth > 5 || kind < 0.12) return pick([null, true, false], next);
  if (kind < 0.25) return pick(NUMBERS, next);
  if (kind < 0.45) return pick(TEXTS, next);
  if (kind < 0.6) return Array.from({ length: Math.floor(next() * 4) }, () => randomJson(next, depth + 1));
  const object = {};
  for (let count = Math.floor(next() * 6); count > 0; count--) {
    Object.defineProperty(object, pick(NAMES, next), {
      value: randomJson(next, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** A copy with some of its members changed to anything, taken away, or in the wrong place. */
export function mutated<T>(value: T, next: () => number, rate = 0.06): T {
  const draw = next();
  if (draw < rate) return randomJson(next, 3) as T;
  if (Array.isArray(value)) return value.filter(() => next() > rate).map((item) => mutated(item, next, rate)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(() => next() > rate);
  return Object.fromEntries(entries.map(([name, member]) => [next() < rate ? pick(NAMES, next) : name, mutated(member, next, rate)])) as T;
}
