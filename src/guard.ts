import { config } from './config';
import { write } from './say';

/**
 * Runs telemetry so that it can never throw into the application. A failure costs what `telemetry` would have given,
 * and is told in the debug log (`BRAINTRUST_BEDROCK_DEBUG=1`).
 * @param point what is being done, for the debug log
 */
export function guard<T>(point: string, telemetry: () => T): T | undefined {
  try {
    return telemetry();
  } catch (error) {
    debug(`${point} failed`, error);
    return undefined;
  }
}

/** Writes to stderr when `BRAINTRUST_BEDROCK_DEBUG` is set. Never throws. */
export function debug(message: string, error?: unknown): void {
  try {
    if (config().debug) write(`${message}${error === undefined ? '' : `: ${describe(error)}`}`);
  } catch {
    // A closed stderr, a hostile error object: there is nobody left to tell.
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
