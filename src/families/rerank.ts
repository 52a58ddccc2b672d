import { number, object, objects } from '../read';
import type { Family, JsonObject } from '../types';
import { WholeBody } from './whole';

/** Rerank (Cohere, Amazon): the query and the documents in, the ranking out. */
export const rerank: Family = {
  name: 'rerank',
  recognises: (request, response) =>
    (typeof request.query === 'string' && Array.isArray(request.documents)) || ranking(response) !== undefined,
  request: (body) => ({
    input: { query: body.query, documents: body.documents, ...(number(body.top_n) !== undefined && { top_n: body.top_n }) },
    metadata: {},
  }),
  response: (body) => ({ output: { results: ranking(body) ?? [] }, metadata: {}, metrics: {} }),
  accumulator: () => new WholeBody((body) => ranking(body) !== undefined),
};

/** Where a document came, by its position in the request: the text itself is in the input. */
function ranking(body: JsonObject): JsonObject[] | undefined {
  const results = objects(body.results);
  const ranked = results.flatMap((result) => {
    const score = number(result.relevance_score) ?? number(result.relevanceScore) ?? number(object(result.document)?.relevance_score);
    return score === undefined ? [] : [{ index: result.index, relevance_score: score }];
  });
  if (ranked.length > 0) return ranked;
  // nothing ranked is a ranking too, but only where nothing else answers with `results`
  return Array.isArray(body.results) && results.length === 0 ? [] : undefined;
}
