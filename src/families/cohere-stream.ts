import { lengthen } from '../lengthen';
import { object, objects, parseJson, string } from '../read';
import type { Accumulator, JsonObject } from '../types';

/** Events whose list belongs to the answer, and its name there. */
const LISTS: Readonly<Record<string, string>> = {
  'citation-generation': 'citations',
  'search-queries-generation': 'search_queries',
  'tool-calls-generation': 'tool_calls',
};

interface Call {
  name: string;
  parameters: string;
}

/** Folds Command R's events into the answer, which `stream-end` repeats whole: a stream that breaks before it keeps what has arrived. */
export class CohereStream implements Accumulator {
  #text = '';
  #end: JsonObject | undefined;
  #reason: unknown;
  readonly #lists: Record<string, unknown[]> = {};
  readonly #calls = new Map<unknown, Call>();

  add(event: JsonObject): boolean {
    const kind = string(event.event_type) ?? '';
    if (kind === 'text-generation') {
      const text = string(event.text) ?? '';
      this.#text = lengthen(this.#text, text);
      return text !== '';
    }
    if (kind === 'tool-calls-chunk') return this.#foldCall(event);
    if (kind === 'stream-end') {
      this.#end = object(event.response) ?? {};
      this.#reason = event.finish_reason ?? this.#end.finish_reason;
      return false;
    }
    const name = Object.hasOwn(LISTS, kind) ? LISTS[kind] : undefined;
    if (name === undefined || !Array.isArray(event[name])) return false;
    const list = this.#lists[name] ?? [];
    for (const item of event[name]) list.push(item);
    this.#lists[name] = list;
    return name === 'tool_calls';
  }

  response(): JsonObject {
    const calls = [...this.#calls.values()].map(({ name, parameters }) => ({ name, parameters: parseJson(parameters || '{}') }));
    return {
      tool_calls: calls,
      ...this.#lists,
      ...this.#end,
      text: this.#text || string(this.#end?.text) || '',
      ...(this.#reason !== undefined && { finish_reason: this.#reason }),
    };
  }

  complete(): boolean {
    return this.#end !== undefined;
  }

  /** A piece of the plan in words, or of one call. */
  #foldCall(event: JsonObject): boolean {
    const text = string(event.text) ?? '';
    this.#text = lengthen(this.#text, text);
    const delta = object(event.tool_call_delta);
    if (!delta) return text !== '';
    const key = delta.index ?? 0;
    const call = this.#calls.get(key) ?? { name: '', parameters: '' };
    this.#calls.set(key, call);
    call.name += string(delta.name) ?? '';
    const parameters = delta.parameters;
    call.parameters += typeof parameters === 'string' ? parameters : objects([parameters]).length > 0 ? JSON.stringify(parameters) : '';
    return true;
  }
}
