import { createHash } from 'node:crypto';
import { object, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';

/** A request to a model, whatever wire format it came in. */
export interface Prompt {
  /** What the user last said. */
  text: string;
  tools: Tool[];
  /** The tool results in the last message: with any, the model answers instead of asking for tools again. */
  toolResults: number;
  images: number;
  /** Whether the request asks the model to think first. */
  thinking: boolean;
  /** The text before the cache point, where there is one. */
  cacheable: string;
  /** All text of the request, which is what the input tokens are counted from. */
  allText: string;
  maxTokens: number | undefined;
}

export interface Tool {
  name: string;
  /** The JSON schema of its input. */
  schema: JsonObject;
}

/** A model's answer before a wire format has been put around it. */
export interface Reply {
  reasoning: string;
  text: string;
  toolUses: { id: string; name: string; input: JsonObject }[];
  stop: 'end' | 'tool' | 'length';
  usage: Usage;
}

/** `input` counts neither what was read from the cache nor what was written to it, as Bedrock counts. */
interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** The wire format of one vendor's InvokeModel bodies. */
export interface Dialect {
  read(body: JsonObject): Prompt;
  /** The body of InvokeModel's answer. */
  whole(reply: Reply, request: JsonObject): JsonObject;
  /** The chunks of InvokeModelWithResponseStream. `amazon-bedrock-invocationMetrics` is put into the last one by the caller. */
  chunks(reply: Reply, request: JsonObject): Iterable<JsonObject>;
  /** Whether the last chunk is followed by one that has nothing but the metrics. */
  metricsApart?: boolean;
  /** What the usage headers count: tokens in and out where it says nothing, only those in, or none (an image is not billed by token). */
  billed?: 'input' | 'none';
}

export const emptyPrompt: Prompt = {
  text: '',
  tools: [],
  toolResults: 0,
  images: 0,
  thinking: false,
  cacheable: '',
  allText: '',
  maxTokens: undefined,
};

/** A tool from its declaration: the name is in `declaration`, the schema wherever the format puts it. */
export function tool(declaration: JsonObject | undefined, schema: unknown): Tool[] {
  const name = string(declaration?.name);
  return name === undefined ? [] : [{ name, schema: object(schema) ?? {} }];
}

/** A text in the pieces that a model streams it in: about three words each, white space kept. */
export function pieces(text: string): string[] {
  const words = text.match(/\S+\s*|\s+/g) ?? [];
  return Array.from({ length: Math.ceil(words.length / 3) }, (_, index) => words.slice(index * 3, index * 3 + 3).join(''));
}

/** JSON in the pieces that a model streams it in: cut anywhere, as real ones are. */
export function jsonPieces(value: unknown): string[] {
  return JSON.stringify(value).match(/.{1,12}/gsu) ?? [];
}

/** An id that looks like the vendor's and is the same for the same answer. */
export function idOf(prefix: string, reply: Reply): string {
  return prefix + createHash('sha256').update(reply.text).digest('hex').slice(0, 24);
}
