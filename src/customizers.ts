import { isObject } from './read';
import { braintrustState } from './state';
import type { JsonObject } from './types';

/** Where `braintrust` keeps the functions that a user has given it to change spans before they leave. */
const CUSTOMIZERS = Symbol.for('braintrust.spanCustomizers');
/** What no such function may change: what the row is, and what it belongs to. */
const PROTECTED = [
  'id',
  'span_id',
  'root_span_id',
  'span_parents',
  'org_id',
  'project_id',
  'experiment_id',
  'log_id',
  '_is_merge',
  '_object_delete',
  '_xact_id',
];

/** A row as the user's span customizers and masking function want it, as `braintrust` would ask them. */
export function customized(row: JsonObject): JsonObject {
  let result = row;
  for (const customizer of [...listed(Reflect.get(globalThis, CUSTOMIZERS)), ...masks()]) {
    const changed = asked(customizer, result);
    if (!changed) continue;
    result = { ...changed };
    for (const name of PROTECTED) {
      if (Object.hasOwn(row, name)) result[name] = row[name];
      else delete result[name];
    }
  }
  return result;
}

/** The masking function sees input, output and metadata of every row. It is asked for the error here, which it does not see. */
export function masked(error: unknown): unknown {
  if (error === undefined) return undefined;
  let result = error;
  for (const customizer of masks()) {
    const changed = asked(customizer, { output: result });
    // What has failed has an error, whatever is left of it.
    if (changed) result = changed.output ?? '[masked]';
  }
  return result;
}

const masks = () => listed(Reflect.get(Object(braintrustState()?.bgLogger?.()), 'exportCustomizers'));
const listed = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);

/** What a customizer makes of a row, where it makes anything of it. One that throws changes nothing. */
function asked(customizer: JsonObject, row: JsonObject): JsonObject | undefined {
  try {
    const changed: unknown = typeof customizer.onSpanExport === 'function' ? customizer.onSpanExport(row) : undefined;
    return isObject(changed) && typeof changed.then !== 'function' ? changed : undefined;
  } catch {
    return undefined;
  }
}
