import { commandName } from '../command-name';
import { guard } from '../guard';
import { isObject, object } from '../read';
import type { JsonObject, Operation } from '../types';
import { getAsyncInvoke, listAsyncInvokes, startAsyncInvoke } from './async-invoke';
import { createModelInvocationJob, getModelInvocationJob, listModelInvocationJobs, stopModelInvocationJob } from './batch';
import { invokeModelWithBidirectionalStream } from './bidirectional';
import { converse, converseStream } from './converse';
import { countTokens } from './count-tokens';
import { generic } from './generic';
import { applyGuardrail, invokeGuardrailChecks } from './guardrail';
import { invokeModel, invokeModelWithResponseStream } from './invoke-model';

/** A client of the AWS SDK whose calls are traced. */
export type Service = 'bedrock-runtime' | 'bedrock';

interface Commands {
  /** The Smithy namespace of the service, which the SDK's commands carry. */
  namespace: string;
  /** A new operation is one file (or one export) and one line here. */
  operations: Readonly<Record<string, Operation>>;
  /** What records a command that is not listed; without it, such a command passes untouched. */
  otherwise?(name: string): Operation;
}

const SERVICES: Readonly<Record<Service, Commands>> = {
  'bedrock-runtime': {
    namespace: 'com.amazonaws.bedrockruntime',
    operations: {
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
    },
    otherwise: generic,
  },
  bedrock: {
    namespace: 'com.amazonaws.bedrock',
    operations: {
      CreateModelInvocationJob: createModelInvocationJob,
      GetModelInvocationJob: getModelInvocationJob,
      ListModelInvocationJobs: listModelInvocationJobs,
      StopModelInvocationJob: stopModelInvocationJob,
    },
  },
};

/** An SDK command as we see it. */
export interface Command {
  /** The class name that the SDK documents, such as `ConverseCommand`. */
  name: string;
  service: Service;
  operation: Operation;
  input: JsonObject;
}

/** What a command is, or `undefined` for one that is not traced. */
export function commandOf(command: unknown): Command | undefined {
  if (!isObject(command)) return undefined;
  return commandIn('bedrock-runtime', command) ?? commandIn('bedrock', command);
}

function commandIn(service: Service, command: JsonObject): Command | undefined {
  const { namespace, operations, otherwise } = SERVICES[service];
  const isKnown = (name: string) => Object.hasOwn(operations, name);
  const name = commandName(command, namespace, isKnown);
  const operation = name === undefined ? undefined : isKnown(name) ? operations[name] : otherwise?.(name);
  // A call whose input cannot even be looked at is one all the same.
  return operation && { name: `${name}Command`, service, operation, input: guard('input', () => object(command.input)) ?? {} };
}
