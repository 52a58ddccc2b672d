import { isObject, number, object } from '../read';
import type { Usage } from '../tokens';
import type { JsonObject } from '../types';

/** What Sonic counts. */
const COUNTS = ['input', 'output', 'inputAudio', 'outputAudio'] as const;

/** The token counts of a session, from its `usageEvent`s. Each says what came since the last (`delta`) and what the session has had (`total`). */
export class UsageMeter {
  total: Usage = {};

  /** What an event adds. Where it has no `delta`, that is by how much its totals have grown. */
  added(event: JsonObject): Usage {
    const { delta, total } = object(event.details) ?? {};
    const stands = isObject(total) ? counts(total) : { input: number(event.totalInputTokens), output: number(event.totalOutputTokens) };
    const change = isObject(delta) ? counts(delta) : growth(this.total, stands);
    this.total = { ...sum(this.total, change), ...present(stands) };
    return change;
  }
}

/** The sum of two counts. What neither reports stays absent. */
export function sum(one: Usage, other: Usage): Usage {
  const result: Usage = {};
  for (const name of COUNTS) {
    if (one[name] !== undefined || other[name] !== undefined) result[name] = (one[name] ?? 0) + (other[name] ?? 0);
  }
  return result;
}

function growth(before: Usage, now: Usage): Usage {
  const result: Usage = {};
  for (const name of COUNTS) {
    const count = now[name];
    if (count !== undefined) result[name] = Math.max(0, count - (before[name] ?? 0));
  }
  return result;
}

function present(usage: Usage): Usage {
  const result: Usage = {};
  for (const name of COUNTS) if (usage[name] !== undefined) result[name] = usage[name];
  return result;
}

function counts({ input, output }: JsonObject): Usage {
  const into = side(input);
  const out = side(output);
  return present({ input: into.all, inputAudio: into.speech, output: out.all, outputAudio: out.speech });
}

function side(value: unknown): { all: number | undefined; speech: number | undefined } {
  const { speechTokens, textTokens } = object(value) ?? {};
  const speech = number(speechTokens);
  const text = number(textTokens);
  return { speech, all: speech === undefined && text === undefined ? undefined : (speech ?? 0) + (text ?? 0) };
}
