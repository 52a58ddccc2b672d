import { isObject, number, object, objects, string } from '../read';
import { tokenMetrics } from '../tokens';
import type { Family, JsonObject } from '../types';
import { dataUrl, filePart, imagePart, sourcePart } from './media';
import { WholeBody } from './whole';

/**
 * Embeddings: Amazon Titan (text and image), Nova multimodal, Cohere v3 and v4, TwelveLabs Marengo, and OpenAI's shape on imported models.
 * What was embedded goes in, how many vectors came out; a vector itself says nothing to a reader and is never recorded.
 */
export const embedding: Family = {
  name: 'embedding',
  recognises: (request, response) => isRequest(request) || count(response) !== undefined,
  request(body) {
    const dimensions =
      number(body.dimensions) ?? number(body.output_dimension) ?? number(object(body.embeddingConfig)?.outputEmbeddingLength);
    const asked = dimensions ?? number(novaParameters(body)?.embeddingDimension);
    return { input: { inputs: readInputs(body), ...(asked !== undefined && { output_dimensions: asked }) }, metadata: {} };
  },
  response(body, request) {
    const usage = object(body.usage) ?? {};
    const responseModel = string(body.model);
    // an id that tells nothing left a bare `{ inputText }` to be read as a question
    const bare = typeof request.inputText === 'string' && !isRequest(request);
    return {
      ...(bare && { input: { inputs: readInputs(request) } }),
      output: { count: count(body) ?? 0 },
      metadata: responseModel === undefined ? {} : { responseModel },
      metrics: tokenMetrics({ input: number(body.inputTextTokenCount) ?? number(usage.prompt_tokens) ?? number(usage.inputTokens) }),
    };
  },
  accumulator: () => new WholeBody((body) => count(body) !== undefined),
};

/** Titan's text embedding asks with a bare `{ inputText }`, as Titan's text generation does: for these models that is enough. */
export const titanEmbedding: Family = {
  ...embedding,
  recognises: (request, response) => typeof request.inputText === 'string' || embedding.recognises(request, response),
};

const REQUEST_MEMBERS = [
  'singleEmbeddingParams',
  'segmentedEmbeddingParams',
  'input_type',
  'embedding_types',
  'embeddingTypes',
  'embeddingConfig',
  'inputImage',
];

function isRequest(body: JsonObject): boolean {
  if (REQUEST_MEMBERS.some((name) => body[name] !== undefined)) return true;
  if (typeof body.inputText === 'string')
    return body.dimensions !== undefined || body.normalize !== undefined || body.inputType !== undefined;
  return typeof body.inputType === 'string' || (body.input !== undefined && body.messages === undefined && typeof body.model === 'string');
}

/** How many embeddings a body has; undefined where it is no embedding response. */
function count(body: JsonObject): number | undefined {
  if (Array.isArray(body.embeddings)) return body.embeddings.length;
  // Cohere's typed outputs: the same embeddings once for each type
  if (isObject(body.embeddings))
    return Math.max(0, ...Object.values(body.embeddings).map((list) => (Array.isArray(list) ? list.length : 0)));
  if (isEmbedding(body.embedding) || isObject(body.embeddingsByType)) return 1;
  const items = objects(body.data);
  return items.length > 0 && items.every(({ embedding }) => isEmbedding(embedding)) ? items.length : undefined;
}

/** A list of numbers, or of lists of them; the same in base64 or by type. */
function isEmbedding(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'number' || item === null || Array.isArray(item));
  return isObject(value) || (typeof value === 'string' && value.length >= 32 && /^[A-Za-z0-9+/]+=*$/.test(value));
}

const novaParameters = (body: JsonObject) => object(body.singleEmbeddingParams) ?? object(body.segmentedEmbeddingParams);

/** One item for each embedding that comes back, in order: a text, or the parts that are embedded together. */
function readInputs(body: JsonObject): JsonObject[] {
  const nova = novaParameters(body);
  if (nova) return readNova(nova);
  const lists = [
    ...strings(body.texts),
    ...strings(body.input),
    ...imagesOf(body.images),
    ...(Array.isArray(body.inputs) ? body.inputs.map(readParts) : []),
  ];
  if (lists.length > 0) return lists;
  return typeof body.inputType === 'string' ? readMarengo(body, body.inputType) : readTitan(body);
}

function strings(texts: unknown): JsonObject[] {
  const list: unknown[] = Array.isArray(texts) ? texts : [texts];
  return list.filter((text) => typeof text === 'string').map((text) => ({ content: text }));
}

const imagesOf = (images: unknown): JsonObject[] =>
  (Array.isArray(images) ? images : [])
    .filter((image) => typeof image === 'string')
    .map((image: string) => ({ content: [imagePart(image)] }));

/** Cohere v4: `{ content: [{ type: 'text', text } | { type: 'image_url', image_url: { url } }] }`, or a text. */
function readParts(input: unknown): JsonObject {
  if (!isObject(input) || !Array.isArray(input.content)) return { content: isObject(input) ? (input.content ?? input) : input };
  return { content: input.content.map((part) => readPart(part)) };
}

function readPart(part: unknown): unknown {
  const url = isObject(part) ? (string(object(part.image_url)?.url) ?? string(part.image_url) ?? string(part.image)) : undefined;
  return url === undefined ? part : imagePart(dataUrl(url) ?? url);
}

function readTitan(body: JsonObject): JsonObject[] {
  const text = string(body.inputText);
  const image = string(body.inputImage);
  if (image === undefined) return text === undefined ? [] : [{ content: text }];
  return [{ content: [...(text === undefined ? [] : [{ type: 'text', text }]), imagePart(image)] }];
}

/** Nova: `{ text: { value | source }, image | video | audio | document: { format, source: { bytes | s3Location } } }`. */
function readNova(parameters: JsonObject): JsonObject[] {
  const text = object(parameters.text);
  const value = string(text?.value);
  const media = ['image', 'video', 'audio', 'document'].map((kind) => sourcePart(kind, object(parameters[kind])));
  const parts = media.filter((part) => part !== undefined);
  if (parts.length === 0 && value !== undefined) return [{ content: value }];
  const source = sourcePart('text', text);
  const all = [...(value === undefined ? [] : [{ type: 'text', text: value }]), ...(source === undefined ? [] : [source]), ...parts];
  return all.length > 0 ? [{ content: all }] : [];
}

/** Marengo: 2.7 has `inputText` and `mediaSource` at the top, 3.0 under the name of the input type. */
function readMarengo(body: JsonObject, inputType: string): JsonObject[] {
  const input = object(body[inputType]) ?? body;
  const text = string(input.inputText);
  const source = object(input.mediaSource);
  if (!source) return text === undefined ? [] : [{ content: text }];
  const media = string(source.base64String) ?? string(object(source.s3Location)?.uri);
  const parts = media === undefined ? [] : [inputType.endsWith('image') ? imagePart(media) : filePart(media)];
  return [{ content: [...(text === undefined ? [] : [{ type: 'text', text }]), ...parts] }];
}
