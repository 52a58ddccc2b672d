import { isObject } from '../read';
import { noKey, Refusal, Unable } from './api';
import { reasonFor, Unanswered } from './request';

/** Its text is ours. */
export class NotInTime extends Error {}

/** What is told of a log-in by `braintrust` that fails: its own errors have in their text what the server has said, whatever that is. */
export function loginError(error: unknown, appUrl: string): unknown {
  const origin = URL.canParse(appUrl) ? new URL(appUrl).origin : 'the address that it was given';
  try {
    if (error instanceof NotInTime) return error;
    if (error instanceof SyntaxError) return new Unanswered(origin, 'garbage for an answer');
    if (error instanceof Error && NO_KEY.test(error.message)) return noKey();
    if (error instanceof Error && NO_ORG.test(error.message)) return new Unable('Braintrust knows no such organization for the key');
    const { status, text } = isObject(error) ? error : {};
    // The answer of a server, as `braintrust` throws it.
    if (typeof text === 'string' && typeof status === 'number' && status >= 400 && status <= 599) return new Refusal(status, origin);
    return new Unanswered(origin, reasonFor(error, error instanceof TypeError ? 'no answer' : 'the log-in failed'));
  } catch {
    return new Unanswered(origin, 'the log-in failed'); // a getter of it has thrown
  }
}

/** What `braintrust` throws where it has been given no key, and where the key is of no organization that was asked for. */
const NO_KEY = /^Please specify an api key/i;
const NO_ORG = /^(Organization .* not found|This user is not part of any organizations)/;
