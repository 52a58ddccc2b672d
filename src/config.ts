import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, parseJson, string } from './read';
import { say } from './say';

/** The settings, read from the environment once. The README's table of settings is this interface. */
export interface Config {
  /** `BRAINTRUST_BEDROCK` is not `off`. The loader has asked for itself by then; `wrapBedrockRuntime` asks here. */
  readonly on: boolean;
  /** `BRAINTRUST_BEDROCK_DEBUG`: what telemetry could not do, on stderr. */
  readonly debug: boolean;
  /** Whether there is an API key for the case that the application has no logger. The key itself is not among the settings: see `key`. */
  readonly hasApiKey: boolean;
  /** `BRAINTRUST_APP_URL`, `BRAINTRUST_API_URL`, `BRAINTRUST_ORG_NAME`: as the `braintrust` package reads them. */
  readonly appUrl: string;
  readonly apiUrl: string | undefined;
  readonly orgName: string | undefined;
  readonly projectId: string | undefined;
  readonly projectName: string;
  /** `BRAINTRUST_BEDROCK_CONTENT` is not `none`: prompts, answers, tool arguments and files are recorded. */
  readonly content: boolean;
  /** `BRAINTRUST_BEDROCK_MAX_FIELD_BYTES`: the most that a row's input, its output or its metadata may have. */
  readonly maxFieldBytes: number;
  /** `BRAINTRUST_BEDROCK_ATTACHMENTS` is not `off`: file content becomes attachments. */
  readonly attachments: boolean;
  /** `BRAINTRUST_BEDROCK_MAX_ATTACHMENT_BYTES`: the most that the files of one span may have together. */
  readonly maxAttachmentBytes: number;
  /** `BRAINTRUST_BEDROCK_IGNORE`: the operations that get no span of their own, in lower case. What they say about jobs is written all the same. */
  readonly ignore: ReadonlySet<string>;
  /** `BRAINTRUST_BEDROCK_BATCH_RESULTS` is not `off`: results of batch jobs that the application reads from S3 become spans. */
  readonly batchResults: boolean;
  /** `BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES`: the most that rows may take while they wait for Braintrust. */
  readonly maxQueueBytes: number;
  /** `BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS`: how long a process that is ended may take to send what is left, in milliseconds. */
  readonly exitTimeoutMs: number;
  /** `BRAINTRUST_BEDROCK_SPOOL_DIR`: where rows go that could not be sent. */
  readonly spoolDir: string | undefined;
}

let current: Config | undefined;
let apiKey: string | undefined;

/** The settings of this process. */
export function config(): Config {
  current ??= read(process.env);
  return current;
}

/** The API key of this process. Nothing but a login may have it. */
export function key(): string | undefined {
  config();
  return apiKey;
}

function read(env: NodeJS.ProcessEnv): Config {
  const file = environmentFile();
  const value = (name: string) => text(env[name]) ?? text(file[name]);
  apiKey = value('BRAINTRUST_API_KEY');
  return Object.freeze({
    on: flag(env, 'BRAINTRUST_BEDROCK', true),
    debug: flag(env, 'BRAINTRUST_BEDROCK_DEBUG', false),
    hasApiKey: apiKey !== undefined,
    appUrl: text(env.BRAINTRUST_APP_URL) ?? 'https://www.braintrust.dev',
    apiUrl: text(env.BRAINTRUST_API_URL),
    orgName: text(env.BRAINTRUST_ORG_NAME),
    projectId: value('BRAINTRUST_PROJECT_ID'),
    projectName: value('BRAINTRUST_PROJECT') ?? packageName() ?? 'AWS Bedrock',
    // a value that cannot be read was meant to keep something out
    content: flag(env, 'BRAINTRUST_BEDROCK_CONTENT', true, false),
    maxFieldBytes: amount(env, 'BRAINTRUST_BEDROCK_MAX_FIELD_BYTES', 2 * 1024 * 1024),
    attachments: flag(env, 'BRAINTRUST_BEDROCK_ATTACHMENTS', true, false),
    maxAttachmentBytes: amount(env, 'BRAINTRUST_BEDROCK_MAX_ATTACHMENT_BYTES', 20 * 1024 * 1024),
    ignore: names(env, 'BRAINTRUST_BEDROCK_IGNORE'),
    batchResults: flag(env, 'BRAINTRUST_BEDROCK_BATCH_RESULTS', true, false),
    maxQueueBytes: amount(env, 'BRAINTRUST_BEDROCK_MAX_QUEUE_BYTES', 32 * 1024 * 1024),
    exitTimeoutMs: amount(env, 'BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS', 2000, 'milliseconds'),
    spoolDir: text(env.BRAINTRUST_BEDROCK_SPOOL_DIR),
  });
}

const text = (value: string | undefined) => (value?.trim() ? value.trim() : undefined);

/** A switch that is absent is `otherwise`; one that says neither on nor off is `unreadable`, with a line on stderr. */
function flag(env: NodeJS.ProcessEnv, name: string, otherwise: boolean, unreadable = otherwise): boolean {
  const value = text(env[name]);
  if (value === undefined) return otherwise;
  if (/^(on|1|true|yes|all)$/i.test(value)) return true;
  if (/^(off|0|false|no|none)$/i.test(value)) return false;
  say(`${name} is neither on nor off; it is taken for ${unreadable ? 'on' : 'off'}.`);
  return unreadable;
}

/** Names between commas, in lower case: `getAsyncInvoke,listAsyncInvokes`. */
function names(env: NodeJS.ProcessEnv, name: string): ReadonlySet<string> {
  const all = (text(env[name]) ?? '').toLowerCase().split(/[\s,]+/);
  return new Set(all.filter((one) => one !== ''));
}

function amount(env: NodeJS.ProcessEnv, name: string, otherwise: number, unit = 'bytes'): number {
  const value = text(env[name]);
  const parsed = Number(value ?? otherwise);
  if (Number.isFinite(parsed) && parsed >= 0) return parsed;
  say(`${name} is not a number of ${unit}; it is taken for ${otherwise}.`);
  return otherwise;
}

/** The nearest `.env.braintrust`, from the working directory upwards, as the `braintrust` package finds its API key. */
function environmentFile(): Record<string, string> {
  const source = nearest(process.cwd(), '.env.braintrust') ?? '';
  const result: Record<string, string> = {};
  for (const [, name, double, single, bare] of source.matchAll(/^\s*(?:export\s+)?([\w.]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*))/gm)) {
    if (name) result[name] = double ?? single ?? bare ?? '';
  }
  return result;
}

/** The name in the package.json nearest to the application's entry: what a person would call the application. */
function packageName(): string | undefined {
  const entry = process.argv[1];
  const manifest = parseJson(nearest(entry ? dirname(entry) : process.cwd(), 'package.json') ?? '');
  return isObject(manifest) ? text(string(manifest.name)) : undefined;
}

function nearest(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch {
      if (dirname(folder) === folder) return undefined;
    }
  }
}
