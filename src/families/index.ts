import { modelIdentity } from '../model-id';
import { object } from '../read';
import type { Family, JsonObject } from '../types';
import { ai21 } from './ai21';
import { anthropic } from './anthropic';
import { anthropicText } from './anthropic-text';
import { cohereChat } from './cohere-chat';
import { cohereCommand } from './cohere-command';
import { embedding, titanEmbedding } from './embedding';
import { claimsByBody, fallingBack } from './fallback';
import { huggingFace } from './hugging-face';
import { image, stabilityImage } from './image';
import { llama } from './llama';
import { mistral } from './mistral';
import { nova } from './nova';
import { openaiChat } from './openai-chat';
import { pegasus } from './pegasus';
import { rerank } from './rerank';
import { titan } from './titan';
import { video } from './video';

/*
 * The families: wire formats of InvokeModel bodies.
 *
 * A vendor that speaks a known format is ONE LINE in VENDORS. A new format is one file that exports a Family, and one line in FAMILIES
 * beside its vendor's line. Where a vendor's models speak several formats, VENDORS lists them, the usual one first, and the body tells;
 * where a body alone can mean two things, MODELS decides by the name. An opaque id (application inference profile, imported or provisioned
 * model, prompt router, endpoint) and a vendor that is not listed are recognised by the body alone.
 * There a format has the body only if its reader loses no text of it (keeps-all.ts): anything else is recorded as it is.
 */

/** Every format, the most distinctive bodies first: that order decides where only the body tells. */
const FAMILIES: readonly Family[] = [
  anthropic,
  nova,
  embedding,
  rerank,
  video,
  image,
  pegasus,
  cohereChat,
  titan,
  llama,
  openaiChat,
  anthropicText,
  mistral,
  cohereCommand,
  ai21,
  huggingFace,
];

/** By the vendor segment of the model id. */
const VENDORS: ReadonlyMap<string, readonly Family[]> = new Map([
  ['ai21', [ai21, openaiChat]],
  ['amazon', [nova, titan, embedding, rerank, image, video]],
  ['anthropic', [anthropic, anthropicText]],
  ['cohere', [cohereChat, cohereCommand, embedding, rerank]],
  ['deepseek', [openaiChat]],
  ['google', [openaiChat]],
  ['luma', [video]],
  ['meta', [llama, openaiChat]],
  ['minimax', [openaiChat]],
  ['mistral', [mistral, openaiChat]],
  ['moonshot', [openaiChat]],
  ['moonshotai', [openaiChat]],
  ['nvidia', [openaiChat]],
  ['openai', [openaiChat]],
  ['qwen', [openaiChat]],
  ['stability', [image]],
  ['twelvelabs', [pegasus, embedding]],
  ['writer', [openaiChat]],
  ['zai', [openaiChat]],
]);

/** By the beginning of the model id, for bodies that only the model tells apart: `{ inputText }` is embedded by one and answered by another. */
const MODELS: readonly (readonly [string, Family])[] = [
  ['amazon.titan-embed', titanEmbedding],
  ['amazon.nova-2-multimodal-embeddings', embedding],
  ['amazon.rerank', rerank],
  ['cohere.embed', embedding],
  ['cohere.rerank', rerank],
  ['stability.', stabilityImage],
  ['twelvelabs.marengo', embedding],
];

/**
 * The family that reads a call's bodies. Never throws, and neither does what it gives: a body in another format, or in none, is read all the same.
 * @param modelId id or ARN, as the application gave it
 * @param response the response body, or a chunk of it, where it is known already
 */
export function familyOf(modelId: string, request: JsonObject, response: JsonObject = {}): Family {
  const { vendor, model } = modelIdentity(modelId);
  const byName = MODELS.find(([prefix]) => model?.startsWith(prefix))?.[1];
  const byVendor = (vendor !== undefined && VENDORS.get(vendor)) || [];
  const [usual] = byVendor;
  if (byName ?? usual) {
    const found = byName ?? [...byVendor, ...FAMILIES].find((family) => READERS.get(family)?.recognises(request, response)) ?? usual;
    return (found && READERS.get(found)) ?? BY_BODY;
  }
  const [asked, answered] = [object(request) ?? {}, object(response) ?? {}];
  const found = FAMILIES.find((family) => claimsByBody(family, asked, answered));
  return (found && READERS_BY_BODY.get(found)) ?? BY_BODY;
}

const BY_BODY = fallingBack(undefined, FAMILIES, claimsByBody);
const READERS_BY_BODY: ReadonlyMap<Family, Family> = new Map(
  FAMILIES.map((family) => [family, fallingBack(family, FAMILIES, claimsByBody)]),
);
const READERS: ReadonlyMap<Family, Family> = new Map(
  [...FAMILIES, ...MODELS.map(([, family]) => family)].map((family) => [family, fallingBack(family, FAMILIES)]),
);
