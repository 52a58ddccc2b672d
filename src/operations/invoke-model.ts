import { isUtf8 } from 'node:buffer';
import { parseBody } from '../as-written';
import { Binary } from '../binary';
import { familyOf } from '../families';
import { unlisted } from '../families/hugging-face';
import { readable } from '../families/readable';
import { guard } from '../guard';
import { defined, isObject, object, parseJson, put, string } from '../read';
import { addMissing, headerMetrics, invocationMetrics } from '../tokens';
import type { Accumulator, Family, Fields, JsonObject, Operation } from '../types';
import { textOf } from '../utf8';
import { ChunkReader } from './chunk-reader';
import { Lot } from './lot';

export const invokeModel: Operation = { name: 'invokeModel', type: 'llm', request, response, headers: true };

export const invokeModelWithResponseStream: Operation = {
  ...invokeModel,
  name: 'invokeModelWithResponseStream',
  stream: { member: 'body', accumulator: (input) => new InvokeModelStream(string(input.modelId) ?? '', () => bodyOf(input)) },
};

/** The request's body, parsed once: the application may have overwritten its buffer by the time the response is read. */
const bodies = new WeakMap<JsonObject, JsonObject>();

function bodyOf(input: JsonObject): JsonObject {
  const body = bodies.get(input) ?? object(readBody(input.body)) ?? {};
  bodies.set(input, body);
  return body;
}

/** Parsed JSON; the text or the bytes themselves where they are none. */
function readBody(body: unknown): unknown {
  if (typeof body === 'string') return parseJson(body);
  if (body instanceof ArrayBuffer) return readBody(new Uint8Array(body));
  if (!(body instanceof Uint8Array)) return body;
  const json = parseBody(body);
  if (json !== undefined) return json;
  return isUtf8(body) ? textOf(body) : new Binary(body, 'application/octet-stream');
}

function request(input: JsonObject): Fields {
  const body = bodyOf(input);
  const read: Fields =
    Object.keys(body).length > 0 ? familyOf(string(input.modelId) ?? '', body).request(body) : { input: readable(readBody(input.body)) };
  const metadata = defined({
    contentType: input.contentType,
    accept: input.accept,
    trace: input.trace,
    guardrailIdentifier: input.guardrailIdentifier,
    guardrailVersion: input.guardrailVersion,
    performanceConfig: latency(input.performanceConfigLatency),
    serviceTier: input.serviceTier,
    requestMetadata: input.requestMetadata,
  });
  return put(put<Fields>({}, read), { metadata: put(put<JsonObject>({}, read.metadata), metadata) });
}

const latency = (value: unknown) => (typeof value === 'string' ? { latency: value } : undefined);

function response(output: JsonObject, input: JsonObject, headers: JsonObject): Fields {
  const asked = bodyOf(input);
  const body = unlisted(readBody(output.body));
  const answered = object(body) ?? {};
  const read: Fields =
    isObject(body) && !(body instanceof Binary)
      ? familyOf(string(input.modelId) ?? '', asked, answered).response(answered, asked)
      : { output: readable(body) };
  const counted = object(output['amazon-bedrock-invocationMetrics']) ?? object(answered['amazon-bedrock-invocationMetrics']) ?? {};
  const metadata = defined({
    performanceConfig: latency(output.performanceConfigLatency),
    serviceTier: output.serviceTier,
    guardrail: guardrail(answered, output),
  });
  return put(put<Fields>({}, read), {
    metadata: put(put<JsonObject>({}, read.metadata), metadata),
    // the body first, then the headers, then what Bedrock measured
    metrics: addMissing(addMissing(read.metrics ?? {}, headerMetrics(headers)), invocationMetrics(counted)),
  });
}

/** What a guardrail did, and its assessments where the call asked for a trace. */
function guardrail(body: JsonObject, output: JsonObject): JsonObject | undefined {
  const member = (name: string) => (output[name] === undefined ? body[name] : output[name]);
  const action = member('amazon-bedrock-guardrailAction');
  const trace = object(member('amazon-bedrock-trace'));
  return trace || action === 'INTERVENED' ? { ...defined({ action }), ...(object(trace?.guardrail) ?? trace) } : undefined;
}

/**
 * Reads each chunk once, keeps what Bedrock adds to any family's chunks, and leaves the rest to the family's own accumulator. Nothing that a chunk
 * says is needed at once: it is read with others, and the first event does not wait for it.
 */
class InvokeModelStream implements Accumulator {
  #family: Family | undefined;
  #chunks: Accumulator | undefined;
  #added: JsonObject = {};
  #firstToken: number | undefined;
  readonly #reader: ChunkReader;
  readonly #lot = new Lot();
  /** When those of the lot came, until the first token has been seen. */
  #times: number[] = [];

  constructor(
    private readonly modelId: string,
    private readonly request: () => JsonObject,
  ) {
    this.#reader = new ChunkReader(modelId);
  }

  add(event: JsonObject, at = 0): boolean {
    const bytes = object(event.chunk)?.bytes;
    if (bytes instanceof Uint8Array && !this.#keep(bytes, at)) {
      this.#readKept();
      if (!this.#keep(bytes, at)) this.#fold(this.#reader.read(textOf(bytes)), at);
    }
    return this.#firstToken !== undefined;
  }

  firstToken(): number | undefined {
    if (this.#firstToken === undefined) this.#readKept();
    return this.#firstToken;
  }

  /** Keeps a chunk, to be read with others. False when those are to be read before it. */
  #keep(chunk: Uint8Array, at: number): boolean {
    if (!this.#lot.keep(chunk)) return false;
    if (this.#firstToken === undefined) this.#times.push(at);
    return true;
  }

  /** Reads the chunks that have been kept. */
  #readKept(): void {
    const chunks = this.#lot.take();
    if (!chunks) return;
    let index = 0;
    for (; this.#firstToken === undefined && index < chunks.length; index++) {
      const at = index;
      guard('chunk', () => this.#fold(this.#reader.read(chunks.text(at)), this.#times[at]));
    }
    this.#times = [];
    for (const chunk of this.#reader.readAll(chunks, index, this.#grows)) guard('chunk', () => this.#fold(chunk));
  }

  readonly #grows = (event: JsonObject, place: string): boolean => this.#chunks?.grows?.(event, place) ?? false;

  /** @param at when it came: not asked for after the first token */
  #fold(chunk: unknown, at?: number): void {
    if (!isObject(chunk)) return;
    for (const name of ADDED) if (chunk[name] !== undefined) this.#added[name] = chunk[name];
    // An opaque id may leave it to the first chunk to tell the family.
    this.#family ??= familyOf(this.modelId, this.request(), chunk);
    this.#chunks ??= this.#family.accumulator();
    if (this.#chunks.add(chunk)) this.#firstToken ??= at;
  }

  complete(): boolean {
    this.#readKept();
    return this.#chunks?.complete() === true || this.#added['amazon-bedrock-invocationMetrics'] !== undefined;
  }

  response(): JsonObject {
    this.#readKept();
    return { ...this.#added, body: this.#chunks?.response() };
  }
}

const ADDED = ['amazon-bedrock-invocationMetrics', 'amazon-bedrock-trace', 'amazon-bedrock-guardrailAction'] as const;
