import { object, objects, string } from '../read';
import type { Family, JsonObject } from '../types';
import { imagePart, sourcePart } from './media';
import { WholeBody } from './whole';

/** Video generation: Amazon Nova Reel and Luma Ray. Both run as jobs, so these are the bodies of StartAsyncInvoke; the video itself goes to S3. */
export const video: Family = {
  name: 'video',
  recognises: (request) => isReel(request) || isRay(request),
  request: (body) => ({ input: isReel(body) ? readReel(body) : readRay(body), metadata: {} }),
  response: () => ({ output: { content: [] }, metadata: {}, metrics: {} }),
  accumulator: () => new WholeBody(() => false),
};

/** Nova Reel's tasks, and the member that has their parameters. */
const TASKS: Readonly<Record<string, string>> = {
  TEXT_VIDEO: 'textToVideoParams',
  MULTI_SHOT_AUTOMATED: 'multiShotAutomatedParams',
  MULTI_SHOT_MANUAL: 'multiShotManualParams',
};

const isReel = (body: JsonObject) => typeof body.taskType === 'string' && Object.hasOwn(TASKS, body.taskType);
const isRay = (body: JsonObject) =>
  typeof body.prompt === 'string' && ['keyframes', 'loop', 'duration', 'resolution'].some((name) => body[name] !== undefined);

function readReel(body: JsonObject): JsonObject {
  const parameters = object(body[TASKS[string(body.taskType) ?? ''] ?? '']) ?? {};
  const shots = [parameters, ...objects(parameters.shots)];
  const prompt = shots.flatMap((shot) => string(shot.text) ?? []).join('\n');
  const images = shots.flatMap((shot) => [...objects(shot.images), ...objects([shot.image])]);
  const config = object(body.videoGenerationConfig) ?? {};
  return operation(
    prompt,
    images.map((image) => sourcePart('image', image)).filter((part) => part !== undefined),
    { duration: config.durationSeconds, size: config.dimension, seed: config.seed },
  );
}

function readRay(body: JsonObject): JsonObject {
  const frames = Object.values(object(body.keyframes) ?? {}).flatMap((frame) => {
    const source = object(object(frame)?.source) ?? {};
    const found = string(source.data) ?? string(source.url) ?? string(object(frame)?.url);
    return found === undefined ? [] : [imagePart(found, source.media_type)];
  });
  return operation(string(body.prompt) ?? '', frames, { duration: body.duration, size: body.resolution, aspect_ratio: body.aspect_ratio });
}

function operation(prompt: string, content: JsonObject[], settings: JsonObject): JsonObject {
  const parameters = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== null));
  return { operation: 'generate', prompt, ...(content.length > 0 && { content }), parameters };
}
