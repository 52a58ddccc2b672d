/** The operation that a request is for, by its method and path, with what the path says. */
export interface Route {
  operation: string;
  modelId: string | undefined;
  /** What else the path names: the guardrail and its version, the invocation ARN, or the batch job. */
  names: string[];
}

const ROUTES: [method: string, path: RegExp, operation: string][] = [
  ['POST', /^\/model\/([^/]+)\/converse$/, 'Converse'],
  ['POST', /^\/model\/([^/]+)\/converse-stream$/, 'ConverseStream'],
  ['POST', /^\/model\/([^/]+)\/invoke$/, 'InvokeModel'],
  ['POST', /^\/model\/([^/]+)\/invoke-with-response-stream$/, 'InvokeModelWithResponseStream'],
  ['POST', /^\/model\/([^/]+)\/invoke-with-bidirectional-stream$/, 'InvokeModelWithBidirectionalStream'],
  ['POST', /^\/model\/([^/]+)\/count-tokens$/, 'CountTokens'],
  ['POST', /^\/async-invoke$/, 'StartAsyncInvoke'],
  ['GET', /^\/async-invoke$/, 'ListAsyncInvokes'],
  ['GET', /^\/async-invoke\/([^/]+)$/, 'GetAsyncInvoke'],
  ['POST', /^\/guardrail\/([^/]+)\/version\/([^/]+)\/apply$/, 'ApplyGuardrail'],
  ['POST', /^\/guardrail-checks\/invoke$/, 'InvokeGuardrailChecks'],
];

/** Batch inference, which the other client of Bedrock (`@aws-sdk/client-bedrock`) controls. */
const CONTROL_ROUTES: typeof ROUTES = [
  ['POST', /^\/model-invocation-job$/, 'CreateModelInvocationJob'],
  ['GET', /^\/model-invocation-jobs$/, 'ListModelInvocationJobs'],
  ['GET', /^\/model-invocation-job\/([^/]+)$/, 'GetModelInvocationJob'],
  ['POST', /^\/model-invocation-job\/([^/]+)\/stop$/, 'StopModelInvocationJob'],
];

/** The eleven operations of Bedrock Runtime. */
export const OPERATIONS: readonly string[] = ROUTES.map(([, , operation]) => operation);

export function route(method: string, path: string): Route {
  for (const [verb, pattern, operation] of [...ROUTES, ...CONTROL_ROUTES]) {
    const match = verb === method ? pattern.exec(path) : null;
    if (!match) continue;
    const names = match.slice(1).map(decodeURIComponent);
    return { operation, modelId: path.startsWith('/model/') ? names[0] : undefined, names };
  }
  return { operation: 'Unknown', modelId: undefined, names: [] };
}
