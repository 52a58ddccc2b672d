import { clearTimeout, setTimeout } from 'node:timers';
import { config, key } from '../config';
import { isObject, object, string } from '../read';
import type { BraintrustState } from '../state';
import { noKey, type Target } from './api';
import { type Given, givenTo } from './given';
import { type Login, login, logsOf } from './login';
import { loginError, NotInTime } from './login-error';
import { unheld } from './unheld';

/** Somewhere that rows go. One object for each, so that rows can be gathered by it. */
export interface Destination {
  /** The target, as soon as it is known: from the first time on without asking anybody. A failure is not remembered. */
  open(timeoutMs: number): Promise<Target>;
  /** The target where it is known already. */
  readonly target: Target | undefined;
  /** Loads what it takes to open it, which takes longer than to open it: in a turn of its own, no turn of the application waits for both. */
  load?(): void;
  /** What names its project, where that is the application's. */
  project?: Pick<Login, 'projectId' | 'projectName'>;
  /** What another process would need to find it: the process that sends the last rows, or the one that takes over. */
  login(): Login | undefined;
}

/** An `await`able of `braintrust` that is asked once and keeps its answer, a failure included. */
interface Lazy {
  get(): Promise<unknown>;
  /** Asks anew. */
  callable?(): Promise<unknown>;
  /** Whether somebody has asked. */
  value?: unknown;
}

export const isLazy = (value: unknown): value is Lazy => isObject(value) && typeof value.get === 'function';

/** Whether somebody else has asked it, and waits. */
const isInProgress = (id: Lazy): boolean => object(id.value)?.computedState === 'in_progress';

/** The project that the environment names, where the application has no logger of its own. */
export function ownDestination(): Destination | undefined {
  if (!config().hasApiKey) return undefined;
  own ??= opened(ownLogin, async (timeoutMs) => {
    const known = ownLogin();
    if (!known) throw noKey();
    return login(known, timeoutMs);
  });
  return own;
}

let own: Destination | undefined;

interface Theirs {
  id: Lazy;
  objectType: unknown;
  /** What names the project. */
  metadata: unknown;
  state: BraintrustState;
  /** Whose it is, where that is known. */
  logger: object | undefined;
}

/** Where a logger, a span or an experiment of the application's writes. */
export function theirDestination({ id, objectType, metadata, state, logger }: Theirs): Destination {
  if (logger && objectType === LOGS && !loggers.has(id)) loggers.set(id, logger);
  const known = theirs.get(id);
  if (known) return known;
  const names = object(metadata);
  const project = { projectId: string(names?.project_id), projectName: string(names?.project_name) };
  let given: Given | undefined;
  const loginOf = () => {
    if (objectType !== LOGS) return undefined;
    given ??= givenBy(id, state);
    // Whoever has logged in has done so for all loggers.
    const { loginToken, appUrl, orgName } = given?.forceLogin ? NOBODY : state;
    const apiKey = loginToken ?? given?.apiKey ?? key();
    if (apiKey === undefined) return undefined;
    const env = config();
    return {
      ...project,
      apiKey,
      apiUrl: env.apiUrl,
      appUrl: appUrl ?? given?.appUrl ?? env.appUrl,
      orgName: orgName ?? given?.orgName ?? env.orgName,
    };
  };
  let asked = false;
  const destination = opened(loginOf, async (timeoutMs) => {
    const ask = () => (asked ? again(id) : id.get());
    // What the application has asked for itself it may be waiting for.
    const found = within(timeoutMs, !asked && isInProgress(id) ? ask() : unheld(state.loginToken && state.appUrl, ask));
    const objectId = string(
      await found
        .finally(() => (asked = true))
        .catch((error: unknown) => Promise.reject(loginError(error, loginOf()?.appUrl ?? state.appUrl ?? config().appUrl))),
    );
    const { apiUrl, loginToken } = state;
    if (objectId === undefined || !apiUrl || !loginToken) throw new Error('the logger of the application is not logged in');
    return {
      apiUrl,
      token: loginToken,
      orgId: state.orgId ?? '',
      fetch: ownFetch(state.fetch),
      ids: objectType === LOGS ? logsOf(objectId) : { experiment_id: objectId },
    };
  });
  destination.project = project;
  destination.load = () => {
    // Node loads its `fetch`, by which `braintrust` logs in, when one of its classes is asked for.
    if (!destination.target && !ownFetch(state.fetch) && globalThis.fetch === nodesFetch) void globalThis.Response;
  };
  theirs.set(id, destination);
  return destination;
}

/** Node's, from before anybody could replace it. */
const { fetch: nodesFetch } = globalThis;

/** The application's own way to the network (a proxy, a certificate), where it has given one to `braintrust`. */
const ownFetch = (given: unknown) =>
  typeof given === 'function' && given !== nodesFetch && given !== globalThis.fetch ? (given as typeof globalThis.fetch) : undefined;

const theirs = new WeakMap<Lazy, Destination>();
/** Of those that write to a project's log, by what they are asked for its id with. */
const loggers = new WeakMap<Lazy, object>();
const NOBODY = { loginToken: undefined, appUrl: undefined, orgName: undefined };

/** What a logger was given: it is asked once, and nobody who has nothing to say is asked again and again. */
function givenBy(id: Lazy, state: BraintrustState): Given | undefined {
  const logger = loggers.get(id);
  return logger && (givenTo(logger, state) ?? { ...NOBODY, apiKey: undefined, forceLogin: false });
}

/** `SpanObjectTypeV3` of the `braintrust` package: a project's log. The other one that has spans is 1, an experiment. */
export const LOGS = 2;

/** What a logger has failed to find out it never asks again; its own question can be. */
function again(id: Lazy): Promise<unknown> {
  const logger = loggers.get(id);
  const metadata = object(logger && Reflect.get(logger, 'lazyMetadata'));
  if (typeof metadata?.callable === 'function') {
    return Promise.resolve(metadata.callable()).then((found: unknown) => object(object(found)?.project)?.id);
  }
  return typeof id.callable === 'function' ? id.callable() : id.get();
}

function opened(loginOf: () => Login | undefined, open: (timeoutMs: number) => Promise<Target>): Destination {
  let target: Target | undefined;
  let opening: Promise<Target> | undefined;
  return {
    get target() {
      return target;
    },
    login: loginOf,
    async open(timeoutMs) {
      if (target) return target;
      opening ??= open(timeoutMs).finally(() => {
        opening = undefined;
      });
      target = await opening;
      return target;
    },
  };
}

/**
 * A destination that another thread has told of.
 * @public
 */
export function fixedDestination(known: Target | undefined, account: Login | undefined): Destination {
  return opened(
    () => account,
    async (timeoutMs) => {
      if (known) return known;
      if (!account) throw noKey();
      return login(account, timeoutMs);
    },
  );
}

/** The environment's own account and project. */
export function ownLogin(): Login | undefined {
  const apiKey = key();
  if (apiKey === undefined) return undefined;
  const { appUrl, apiUrl, orgName, projectId, projectName } = config();
  return { appUrl, apiKey, apiUrl, orgName, projectId, projectName };
}

function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NotInTime(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
