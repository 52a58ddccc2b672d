import { isObject, string } from '../read';
import type { JsonObject, Operation } from '../types';
import { getAsyncInvoke, listAsyncInvokes, startAsyncInvoke } from './async-invoke';
import { invokeModelWithBidirectionalStream } from './bidirectional';
import { converse, converseStream } from './converse';
import { countTokens } from './count-tokens';
import { generic } from './generic';
import { applyGuardrail, invokeGuardrailChecks } from './guardrail';
import { invokeModel, invokeModelWithResponseStream } from './invoke-model';

/*
 * The operations of Bedrock Runtime. A new one is one file (or one export) and one line here; until it has them, `generic` records it.
 */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  Converse: converse,
  ConverseStream: converseStream,
  InvokeModel: invokeModel,
  InvokeModelWithResponseStream: invokeModelWithResponseStream,
  InvokeModelWithBidirectionalStream: invokeModelWithBidirectionalStream,
  StartAsyncInvoke: startAsyncInvoke,
  GetAsyncInvoke: getAsyncInvoke,
  ListAsyncInvokes: listAsyncInvokes,
  ApplyGuardrail: applyGuardrail,
  InvokeGuardrailChecks: invokeGuardrailChecks,
  CountTokens: countTokens,
};

/** An SDK command as we see it. */
export interface Command {
  /** The class name that the SDK documents, such as `ConverseCommand`. */
  name: string;
  operation: Operation;
  input: JsonObject;
}

/** What a command is, or `undefined` for one that is not Bedrock Runtime's. */
export function commandOf(command: unknown): Command | undefined {
  if (!isObject(command)) return undefined;
  const name = nameBySchema(command) ?? nameByClass(command);
  if (!name) return undefined;
  return {
    name: `${name}Command`,
    operation: Object.hasOwn(OPERATIONS, name) ? (OPERATIONS[name] ?? generic(name)) : generic(name),
    input: isObject(command.input) ? command.input : {},
  };
}

/** `schema` is `[kind, namespace, operation, …]`; SDKs up to about 3.929 have none. */
function nameBySchema({ schema }: JsonObject): string | undefined {
  return Array.isArray(schema) && schema[1] === 'com.amazonaws.bedrockruntime' ? string(schema[2]) : undefined;
}

/** By the name of the command's class or of one that it extends. A minifier that changes names leaves nothing to go by. */
function nameByClass(command: JsonObject): string | undefined {
  if (Array.isArray(command.schema)) return undefined;
  for (let type: unknown = command.constructor; typeof type === 'function' && type.name; type = Object.getPrototypeOf(type)) {
    const name = type.name.replace(/Command$/, '');
    if (name !== type.name && Object.hasOwn(OPERATIONS, name)) return name;
  }
  return undefined;
}
