/** What a model id or ARN says without a network call. What it does not say is absent. */
export interface ModelIdentity {
  /** The vendor segment of the model id: `anthropic`, `amazon`, `meta`. */
  vendor?: string;
  /** The id of the foundation model: `anthropic.claude-3-haiku-20240307-v1:0`. */
  model?: string;
  /** The region that the ARN names. */
  region?: string;
  /** The id of the inference profile: `us.anthropic.claude-3-haiku-20240307-v1:0`, or an application profile's opaque id. */
  inferenceProfile?: string;
}

/**
 * Reads a base id, an inference profile id, or any ARN that `modelId` takes.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html#API_runtime_InvokeModel_RequestSyntax
 */
export function modelIdentity(id: string): ModelIdentity {
  if (typeof id !== 'string') return {};
  const arn = ARN.exec(id);
  if (!arn) return fromId(id);
  const [, region, kind, rest] = arn;
  const read = RESOURCES.get(kind ?? '');
  return { ...(region && { region }), ...(read && rest !== undefined && read(rest)) };
}

/** arn:partition:service:region:account:kind/rest, in every partition; the account of a foundation model is empty. */
const ARN = /^arn:[^:]*:[^:]*:([^:]*):[^:]*:([^/:]+)[/:](.*)$/s;

/** Kinds of resource that say more than a region. Provisioned, imported and deployed models, prompts, routers and endpoints have opaque ids. */
const RESOURCES: ReadonlyMap<string, (rest: string) => ModelIdentity> = new Map<string, (rest: string) => ModelIdentity>([
  ['foundation-model', fromId],
  ['inference-profile', (rest) => ({ ...fromId(rest), inferenceProfile: rest })],
  ['application-inference-profile', (rest) => ({ inferenceProfile: rest })],
  // custom-model/<base model>/<id>: a customised model speaks its base model's format
  ['custom-model', (rest) => (rest.includes('/') ? fromId(rest.slice(0, rest.indexOf('/'))) : {})],
  // default-prompt-router/anthropic.claude:1: a vendor's router, not a model
  ['default-prompt-router', (rest) => vendorOnly(fromId(rest))],
]);

/** `us.`, `eu.`, `apac.`, `us-gov.`, `global.`, `jp.`, and those to come: no vendor has two letters. */
const GEOGRAPHY = /^(?:[a-z]{2}(?:-[a-z]+)?|apac|global|emea|amer|latam)\.(?=[a-z0-9-]+\.)/;
/** `vendor.name`; the name may have dots (`kimi-k2.5`) and colons (`-v1:0:300k`). */
const BASE_ID = /^([a-z0-9][a-z0-9-]*)\.[^/\s]+$/;

function fromId(id: string): ModelIdentity {
  const model = id.replace(GEOGRAPHY, '');
  const vendor = BASE_ID.exec(model)?.[1];
  if (vendor === undefined) return {};
  return model === id ? { vendor, model } : { vendor, model, inferenceProfile: id };
}

const vendorOnly = ({ vendor }: ModelIdentity): ModelIdentity => (vendor === undefined ? {} : { vendor });
