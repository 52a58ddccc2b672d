import { isObject } from '../read';
import type { Accumulator, Family, Fields, JsonObject } from '../types';
import { keepsAll } from './keeps-all';
import { readable } from './readable';
import { unknown } from './unknown';

/** So many numbers in a row are no table in a tool's arguments: the smallest embeddings have 128 dimensions. */
const VECTOR = 128;

/**
 * A family for the registry: what it does not recognise it leaves to the family that does, and what nobody recognises to `unknown`.
 * So an error in the place of an answer, a vendor's second format and an opaque id whose stream alone tells what it is are all read,
 * and no body, however broken, makes a reader throw.
 * @param family undefined where neither the model id nor a body tells
 * @param claims whether a family reads a body: with `keepsAll` where the model id does not tell
 */
export function fallingBack(family: Family | undefined, all: readonly Family[], claims: Claims = recognises): Family {
  const candidates = family ? [family, ...all.filter((other) => other !== family)] : all;
  const recognise = (request: JsonObject, response: JsonObject) =>
    candidates.find((candidate) => claims(candidate, request, response)) ?? unknown;
  return {
    name: family?.name ?? unknown.name,
    recognises: (request, response) => family?.recognises(object(request), object(response)) ?? true,
    request: (body) =>
      bounded(
        () => recognise(object(body), {}).request(body),
        () => unknown.request(body),
      ),
    response: (body, request) =>
      bounded(
        () => recognise({}, object(body)).response(body, object(request)),
        () => unknown.response(body, {}),
      ),
    accumulator: () => new RecognisingStream((chunk) => candidates.find((candidate) => claims(candidate, {}, chunk))),
  };
}

type Claims = (family: Family, request: JsonObject, response: JsonObject) => boolean;

const recognises: Claims = (family, request, response) => family.recognises(request, response);

/** Where only the body tells, it is a family's if nothing that it says is lost to the family's reader. */
export const claimsByBody: Claims = (family, request, response) =>
  family.recognises(request, response) && keepsAll(family, request, response);

const object = (value: JsonObject): JsonObject => (isObject(value) ? value : {});

function bounded(read: () => Fields, otherwise: () => Fields): Fields {
  let fields: Fields;
  try {
    fields = read();
  } catch {
    // nesting so deep that a reader ran out of stack
    fields = otherwise();
  }
  const { input, output, metadata, metrics } = fields;
  const found: Fields = {};
  if (input !== undefined) found.input = readable(input, VECTOR);
  if (output !== undefined) found.output = readable(output, VECTOR);
  if (metadata) found.metadata = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, readable(value, VECTOR)]));
  if (metrics) found.metrics = metrics;
  return found;
}

/** The first chunk that some family knows decides; until then, and where none ever does, chunks are folded as JSON. */
class RecognisingStream implements Accumulator {
  readonly #recognise: (chunk: JsonObject) => Family | undefined;
  #inner: Accumulator = unknown.accumulator();
  #recognised = false;
  #last = false;

  constructor(recognise: (chunk: JsonObject) => Family | undefined) {
    this.#recognise = recognise;
  }

  add(chunk: JsonObject): boolean {
    if (!isObject(chunk)) return false;
    if (!this.#recognised) {
      const family = this.#recognise(chunk);
      if (family) {
        const before = this.#inner.response();
        this.#inner = family.accumulator();
        // what came before it was known whose it is
        if (Object.keys(before).length > 0) this.#inner.add(before);
        this.#recognised = true;
      }
    }
    this.#last ||= endsAny(chunk);
    return this.#inner.add(chunk);
  }

  grows(chunk: JsonObject, place: string): boolean {
    return this.#recognised && this.#inner.grows?.(chunk, place) === true;
  }

  response(): JsonObject {
    return this.#inner.response();
  }

  complete(): boolean {
    return this.#last || this.#inner.complete();
  }
}

/** Whatever the family, a whole stream ends with Bedrock's own counts; one that a guardrail blocked ends without them and without a reason. */
const endsAny = (chunk: JsonObject) =>
  isObject(chunk['amazon-bedrock-invocationMetrics']) ||
  isObject(chunk['amazon-bedrock-trace']) ||
  chunk['amazon-bedrock-guardrailAction'] === 'INTERVENED';
