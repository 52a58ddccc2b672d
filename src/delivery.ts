import { say } from './say';

/** How long one request of a row's way may take, in milliseconds. The `braintrust` package waits for ever. */
const REQUEST_MS = 15_000;
/** How long the process waits for Braintrust once it has nothing else to do, in milliseconds. */
const EXIT_MS = 10_000;

/** What rows need on their way; other requests of the `braintrust` package are not ours to end. */
const ROWS = /\/(logs3|logs3\/overflow|version|api\/apikey\/login|api\/project|api\/project\/register)$/;

/** Ends the requests that are under way. */
let over = new AbortController();

/**
 * `fetch` for the logger that we make: bounded in time, and a Braintrust that cannot be reached or refuses the key is told once.
 * Neither the key nor a row is ever told.
 */
export async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!ROWS.test(url.pathname)) return fetch(input, init);
  const signals = [over.signal, AbortSignal.timeout(REQUEST_MS), ...(init?.signal ? [init.signal] : [])];
  try {
    const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) });
    if (response.status === 401 || response.status === 403) {
      say(`Braintrust at ${url.origin} refuses the key in BRAINTRUST_API_KEY (${response.status}): spans are not delivered.`);
    }
    return response;
  } catch (error) {
    say(
      `Braintrust at ${url.origin} cannot be reached (${reason(error)}): spans are delivered when it can, or lost when the process ends.`,
    );
    throw error;
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? String(Reflect.get(cause, 'code') ?? cause.name) : 'unknown';
}

/**
 * Lets the process end: when it has nothing else to do, what is on its way to Braintrust has `EXIT_MS` left.
 * @param retries the background logger of `braintrust`, whose retries would go on
 */
export function endInTime(retries: () => object | undefined): void {
  let ending = false;
  process.on('beforeExit', () => {
    if (ending) return;
    ending = true;
    setTimeout(() => {
      over.abort();
      over = new AbortController(); // somebody else may have found something to do
      ending = false;
      const logger = retries();
      if (logger && 'numTries' in logger) Reflect.set(logger, 'numTries', 1);
    }, EXIT_MS).unref();
  });
}
