import { lengthen } from '../lengthen';
import { object, string } from '../read';
import type { Accumulator, JsonObject } from '../types';

type Block =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string; signature: string; redacted: string }
  | { kind: 'tool'; tool: JsonObject; input: string; value?: unknown }
  | { kind: 'other'; members: JsonObject };

/**
 * Folds messageStart … metadata into the body of InvokeModel.
 *
 * `contentBlockIndex` rises with every delta here: one answer spans dozens of "blocks". Neighbours of a kind are therefore one block,
 * and only a tool use, which has a start event, begins a new one.
 */
export class NovaStream implements Accumulator {
  #role: unknown = 'assistant';
  #stopReason: unknown;
  #usage: unknown;
  readonly #blocks: Block[] = [];

  add(event: JsonObject): boolean {
    this.#role = object(event.messageStart)?.role ?? this.#role;
    this.#stopReason = object(event.messageStop)?.stopReason ?? this.#stopReason;
    this.#usage = object(event.metadata)?.usage ?? this.#usage;
    const start = object(object(event.contentBlockStart)?.start);
    if (start) return this.#start(start);
    const delta = object(object(event.contentBlockDelta)?.delta);
    return delta ? this.#append(delta) : false;
  }

  response(): JsonObject {
    return {
      output: { message: { role: this.#role, content: this.#blocks.map(finished) } },
      ...(this.#stopReason !== undefined && { stopReason: this.#stopReason }),
      ...(this.#usage !== undefined && { usage: this.#usage }),
    };
  }

  complete(): boolean {
    return this.#stopReason !== undefined;
  }

  #start(start: JsonObject): boolean {
    const tool = object(start.toolUse);
    if (tool) this.#blocks.push({ kind: 'tool', tool, input: '' });
    // a tool's name is content: a call without arguments has nothing else
    return tool !== undefined;
  }

  #append(delta: JsonObject): boolean {
    const last = this.#blocks.at(-1);
    if (typeof delta.text === 'string') {
      if (last?.kind === 'text') last.text = lengthen(last.text, delta.text);
      else this.#blocks.push({ kind: 'text', text: delta.text });
      return delta.text !== '';
    }
    const tool = object(delta.toolUse);
    if (tool) return this.#appendTool(tool);
    const reasoning = object(delta.reasoningContent);
    if (reasoning) return this.#appendReasoning(reasoning);
    this.#blocks.push({ kind: 'other', members: delta });
    return Object.keys(delta).length > 0;
  }

  #appendTool(tool: JsonObject): boolean {
    let last = this.#blocks.at(-1);
    if (last?.kind !== 'tool') {
      last = { kind: 'tool', tool, input: '' };
      this.#blocks.push(last);
    }
    if (typeof tool.input === 'string') last.input = lengthen(last.input, tool.input);
    else if (tool.input !== undefined) last.value = tool.input;
    return tool.input !== undefined && tool.input !== '';
  }

  #appendReasoning(reasoning: JsonObject): boolean {
    let last = this.#blocks.at(-1);
    if (last?.kind !== 'reasoning') {
      last = { kind: 'reasoning', text: '', signature: '', redacted: '' };
      this.#blocks.push(last);
    }
    const whole = object(reasoning.reasoningText) ?? reasoning;
    const text = string(whole.text) ?? '';
    last.text = lengthen(last.text, text);
    last.signature += string(whole.signature) ?? '';
    last.redacted += string(reasoning.redactedContent) ?? '';
    return text !== '';
  }
}

function finished(block: Block): JsonObject {
  switch (block.kind) {
    case 'text':
      return { text: block.text };
    case 'tool':
      return { toolUse: { ...block.tool, input: block.input === '' ? (block.value ?? {}) : block.input } };
    case 'reasoning':
      if (block.text === '' && block.redacted !== '') return { reasoningContent: { redactedContent: block.redacted } };
      return { reasoningContent: { reasoningText: { text: block.text, ...(block.signature !== '' && { signature: block.signature }) } } };
    case 'other':
      return block.members;
  }
}
