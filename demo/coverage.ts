import { type BedrockRequest, OPERATIONS } from './bedrock';
import type { Row } from './ingest';

/** How often an operation was called, and how many spans say so. */
export interface Coverage {
  operation: string;
  calls: number;
  spans: number;
}

/** For each operation the calls that Bedrock saw (a retried call is one call) beside the spans that arrived. */
export function coverage(requests: BedrockRequest[], spans: Row[]): Coverage[] {
  return OPERATIONS.map((operation) => {
    const calls = new Set(requests.filter((request) => request.operation === operation).map(({ call }) => call)).size;
    const name = `bedrock.${operation.charAt(0).toLowerCase()}${operation.slice(1)}`;
    return { operation, calls, spans: spans.filter(({ span_attributes }) => span_attributes?.name === name).length };
  });
}

/** One span for each call, and at least one call. */
export const isCovered = ({ calls, spans }: Coverage) => calls > 0 && calls === spans;
