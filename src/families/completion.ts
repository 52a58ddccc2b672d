import { lengthen } from '../lengthen';
import { number, object, objects, string } from '../read';
import { tokenMetrics, type Usage } from '../tokens';
import type { Accumulator, Family, Fields, JsonObject } from '../types';
import { readParameters } from './parameters';
import { assistantText, userText } from './text';

/** One text that a model wrote, or a piece of one. */
export interface Generation {
  text: string;
  reason?: unknown;
}

/** A format that takes one prompt and answers with texts. */
export interface Completion {
  name: string;
  /** Where the prompt is, when not under `prompt`. */
  prompt?(body: JsonObject): unknown;
  parameters?(body: JsonObject): JsonObject;
  /** The texts of a response, in order; undefined for a body in another format. */
  generations(body: JsonObject): Generation[] | undefined;
  usage?(body: JsonObject): Usage;
  /** Folds a chunk into `body`, which is the accumulator's own. Gives the text that the chunk brought; undefined where it is not of this format. */
  fold(body: JsonObject, chunk: JsonObject): string | undefined;
}

/** The family of a completion format: the prompt is one user message, each generation an assistant's. */
export function completionFamily(format: Completion): Family {
  const promptOf = (body: JsonObject) => string(format.prompt ? format.prompt(body) : body.prompt);
  return {
    name: format.name,
    recognises: (request, response) =>
      promptOf(request) !== undefined || format.generations(response) !== undefined || format.fold({}, response) !== undefined,
    request(body) {
      const prompt = promptOf(body);
      return { input: prompt === undefined ? [] : userText(prompt), metadata: readParameters(format.parameters?.(body) ?? body) };
    },
    response: (body) => readGenerations(format, body),
    accumulator: () => new CompletionStream(format),
  };
}

function readGenerations(format: Completion, body: JsonObject): Fields {
  const generations = format.generations(body) ?? [];
  const stopReason = generations.map(({ reason }) => string(reason)).find((reason) => reason !== undefined);
  return {
    output: generations.map(({ text }) => assistantText(text)),
    metadata: stopReason === undefined ? {} : { stopReason },
    metrics: tokenMetrics(format.usage?.(body) ?? {}),
  };
}

class CompletionStream implements Accumulator {
  readonly #body: JsonObject = {};

  constructor(readonly format: Completion) {}

  add(event: JsonObject): boolean {
    return Boolean(this.format.fold(this.#body, event));
  }

  response(): JsonObject {
    return this.#body;
  }

  complete(): boolean {
    return this.format.generations(this.#body)?.some(({ reason }) => typeof reason === 'string') ?? false;
  }
}

/** More generations than any model gives; an index past it is not one. */
const MOST = 1000;

/** The item at `index` of the list `body[name]`, both made where they are missing. */
export function itemAt(body: JsonObject, name: string, index: unknown): JsonObject {
  const list: unknown[] = Array.isArray(body[name]) ? body[name] : [];
  body[name] = list;
  const position = Math.trunc(Math.min(Math.max(number(index) ?? 0, 0), MOST));
  while (list.length <= position) list.push({});
  return object(list[position]) ?? {};
}

/** Appends a piece of text to `body[name]`. */
export function grow(body: JsonObject, name: string, piece: unknown): string {
  const text = string(piece) ?? '';
  body[name] = lengthen(string(body[name]), text);
  return text;
}

/** Copies the members that the chunk has: counts and reasons, of which the latest stands. */
export function keep(body: JsonObject, chunk: JsonObject, names: readonly string[]): void {
  for (const name of names) if (chunk[name] !== undefined && chunk[name] !== null) body[name] = chunk[name];
}

/** The generations of a list, each with its text and reason under the names of the format. */
export function listed(list: unknown, text: string, reason: string): Generation[] | undefined {
  const items = objects(list);
  return items.some((item) => typeof item[text] === 'string')
    ? items.map((item) => ({ text: string(item[text]) ?? '', reason: item[reason] }))
    : undefined;
}
