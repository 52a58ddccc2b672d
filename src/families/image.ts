import { contentTypeOf } from '../binary';
import { isObject, number, object, objects, string } from '../read';
import type { Family, JsonObject } from '../types';
import { imagePart, sniff } from './media';
import { WholeBody } from './whole';

/** Image generation: Amazon Nova Canvas and Titan Image (a task with its parameters), Stability (SDXL's `text_prompts`, later models' `prompt`). */
export const image: Family = {
  name: 'image',
  recognises: (request, response) => isRequest(request) || isResponse(response),
  request: (body) => ({ input: readTask(body), metadata: {} }),
  response(body, request) {
    const reasons = [
      ...(Array.isArray(body.finish_reasons) ? body.finish_reasons : []),
      ...objects(body.artifacts).map((artifact) => artifact.finishReason),
    ];
    const stopReason = reasons.find((reason) => typeof reason === 'string');
    const error = string(body.error);
    return {
      output: { content: artifacts(body, request.output_format) ?? [], ...(error !== undefined && { annotations: { error } }) },
      metadata: stopReason === undefined ? {} : { stopReason },
      metrics: {},
    };
  },
  accumulator: () => new WholeBody((body) => artifacts(body) !== undefined),
};

/** Stability's models need no more than a bare `{ prompt }`: for them that is enough. */
export const stabilityImage: Family = {
  ...image,
  recognises: (request, response) =>
    (typeof request.prompt === 'string' && !Array.isArray(request.messages)) || image.recognises(request, response),
};

function isRequest(body: JsonObject): boolean {
  if (typeof body.taskType === 'string') return Object.hasOwn(TASKS, body.taskType);
  if (Array.isArray(body.text_prompts)) return true;
  if (typeof body.image === 'string' || typeof body.init_image === 'string') return true;
  return (
    typeof body.prompt === 'string' &&
    ['aspect_ratio', 'output_format', 'mode', 'negative_prompt', 'style_preset'].some((name) => body[name] !== undefined)
  );
}

/** Images in base64: elsewhere `images` may be where they are. */
const isResponse = (body: JsonObject) =>
  (artifacts(body) !== undefined || (Array.isArray(body.seeds) && Array.isArray(body.finish_reasons))) &&
  !(Array.isArray(body.images) && body.images.some((item) => typeof item === 'string' && /^(?:https?|s3):/.test(item)));

/** Each image of a response; undefined where it is no image response. */
function artifacts(body: JsonObject, format?: unknown): JsonObject[] | undefined {
  const asked = typeof format === 'string' ? contentTypeOf('image', format) : 'image/png';
  const part = (base64: string, purpose?: string) => imagePart(base64, sniff(base64) ?? asked, purpose);
  if (Array.isArray(body.images)) {
    const mask = string(body.maskImage);
    const images = body.images.filter((base64) => typeof base64 === 'string').map((base64: string) => part(base64));
    return mask === undefined ? images : [...images, part(mask, 'mask')];
  }
  if (!Array.isArray(body.artifacts)) return undefined;
  return objects(body.artifacts).flatMap(({ base64 }) => (typeof base64 === 'string' ? [part(base64)] : []));
}

/** Amazon's tasks: the operation, and the member that has its parameters. */
const TASKS: Readonly<Record<string, readonly [string, string]>> = {
  TEXT_IMAGE: ['generate', 'textToImageParams'],
  COLOR_GUIDED_GENERATION: ['generate', 'colorGuidedGenerationParams'],
  IMAGE_VARIATION: ['variation', 'imageVariationParams'],
  INPAINTING: ['edit', 'inPaintingParams'],
  OUTPAINTING: ['edit', 'outPaintingParams'],
  BACKGROUND_REMOVAL: ['edit', 'backgroundRemovalParams'],
  VIRTUAL_TRY_ON: ['edit', 'virtualTryOnParams'],
};

function readTask(body: JsonObject): JsonObject {
  const task = string(body.taskType);
  const [operation, member] = (task !== undefined && Object.hasOwn(TASKS, task) && TASKS[task]) || [undefined, undefined];
  const parameters = member === undefined ? body : (object(body[member]) ?? {});
  const content = readContent(parameters);
  const prompt = readPrompt(parameters);
  const edits = content.some((part) => part.type === 'image_url');
  return {
    operation: operation ?? (edits ? 'edit' : 'generate'),
    ...(prompt !== undefined && { prompt }),
    ...(content.length > 0 && { content }),
    parameters: readSettings(body, object(body.imageGenerationConfig) ?? body, parameters),
  };
}

function readPrompt(parameters: JsonObject): string | undefined {
  const prompts = objects(parameters.text_prompts).flatMap(({ text, weight }) => (isNegative(weight) ? [] : (string(text) ?? [])));
  const named = ['text', 'prompt', 'maskPrompt', 'search_prompt', 'select_prompt'].flatMap((name) => string(parameters[name]) ?? []);
  const all = [...named, ...prompts];
  return all.length > 0 ? all.join('\n') : undefined;
}

/** SDXL says by its weight that a text is not wanted. */
const isNegative = (weight: unknown) => (number(weight) ?? 1) < 0;

/** The members that hold images, and what each is for. */
const IMAGES: Readonly<Record<string, string | undefined>> = {
  image: undefined,
  images: undefined,
  init_image: undefined,
  sourceImage: undefined,
  conditionImage: 'reference',
  referenceImage: 'reference',
  style_image: 'reference',
  maskImage: 'mask',
  mask_image: 'mask',
  mask: 'mask',
};

/** What goes in beside the prompt: what is not wanted, in words, and images. */
function readContent(parameters: JsonObject): JsonObject[] {
  const weighted = objects(parameters.text_prompts).flatMap(({ text, weight }) => (isNegative(weight) ? (string(text) ?? []) : []));
  const negative = ['negativeText', 'negative_prompt'].flatMap((name) => string(parameters[name]) ?? []);
  const text = [...negative, ...weighted].map((unwanted) => ({ type: 'text', text: unwanted, purpose: 'negative' }));
  const holders = [parameters, object(parameters.imageBasedMask) ?? {}];
  const images = holders.flatMap((holder) =>
    Object.entries(IMAGES).flatMap(([name, purpose]) => {
      const list: unknown[] = Array.isArray(holder[name]) ? holder[name] : [holder[name]];
      return list.filter((item) => typeof item === 'string').map((item) => imagePart(item, undefined, purpose));
    }),
  );
  return [...text, ...images];
}

/** The settings that the trace view knows for images. */
function readSettings(body: JsonObject, config: JsonObject, parameters: JsonObject): JsonObject {
  const width = number(config.width);
  const height = number(config.height);
  const settings = {
    n: config.numberOfImages ?? config.samples,
    size: width === undefined || height === undefined ? undefined : `${width}x${height}`,
    aspect_ratio: body.aspect_ratio,
    quality: config.quality,
    style: parameters.style ?? body.style_preset,
    seed: config.seed,
    output_format: body.output_format,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== null && !isObject(value)));
}
