import type http from 'node:http';

/**
 * What is wrong with an answer. `reset`, `garbage` (200 with a page that is no JSON) and `hang` come instead of one, and nothing is kept;
 * with `lost` and `half` the request did its work, and its sender never learns of it: none or half of the answer arrives.
 */
export type Fault = { status: number } | 'reset' | 'garbage' | 'hang' | 'lost' | 'half';

/** Faults of the answer alone: what was asked for is done. */
export const ACTS: ReadonlySet<Fault> = new Set(['lost', 'half']);

const PAGE = '<!doctype html><title>Welcome to the guest network</title>';

/** What a sender gets in the place of an answer. Gives the status that it sees, 0 for none. */
export function answerWrongly(fault: Fault, response: http.ServerResponse, json: string): number {
  if (typeof fault === 'object') {
    response.writeHead(fault.status, { 'content-type': 'application/json' }).end('{"error":"unavailable"}');
    return fault.status;
  }
  if (fault === 'garbage') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    return 200;
  }
  if (fault === 'half') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
    response.write(json.slice(0, json.length / 2), () => response.destroy());
    return 200;
  }
  if (fault !== 'hang') response.destroy();
  return 0;
}
