import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { parse, type ScalarTag } from 'yaml';
import { isObject, objects, string } from '../src/read';
import type { JsonObject } from '../src/types';
import { startTraced, type Traced } from './helpers/traced';

/** Braintrust's own conformance cases for Bedrock. They are not part of this project: without them there is nothing to run. */
const CASES = join(__dirname, '../../shared/spec-tests');

const PREDICATES: Record<string, (value: unknown) => boolean> = {
  is_non_negative_number: (value) => typeof value === 'number' && value >= 0,
  is_non_empty_string: (value) => typeof value === 'string' && value !== '',
};

class Predicate {
  constructor(readonly name: string) {}
}
const fn: ScalarTag = { tag: '!fn', resolve: (name) => new Predicate(name) };

/** The contract follows the documentation page in these two. */
const OURS: Record<string, string> = { bedrock: 'aws-bedrock', 'bedrock.converse-stream': 'bedrock.converseStream' };

/** Every member that is expected is there; others may be, too. */
function assertMatches(actual: unknown, expected: unknown, path: string): void {
  if (expected instanceof Predicate) assert.ok(PREDICATES[expected.name]?.(actual), `${path}: ${String(actual)} is not ${expected.name}`);
  else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is no array`);
    for (const [index, item] of expected.entries()) assertMatches(actual[index], item, `${path}[${index}]`);
  } else if (isObject(expected)) {
    assert.ok(isObject(actual), `${path} is no object`);
    for (const [key, item] of Object.entries(expected)) assertMatches(actual[key], item, `${path}.${key}`);
  } else assert.equal(actual, OURS[String(expected)] ?? expected, path);
}

const withBytes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withBytes);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'bytes' && typeof item === 'string' ? Buffer.from(item, 'base64') : withBytes(item),
    ]),
  );
};

describe('the conformance cases of braintrust-spec', { skip: existsSync(CASES) ? false : `${CASES} is not there` }, () => {
  let traced: Traced;
  before(async () => {
    traced = await startTraced();
  });
  after(() => traced.close());

  for (const file of existsSync(CASES) ? readdirSync(CASES).filter((name) => name.endsWith('.yaml')) : []) {
    const test: unknown = parse(readFileSync(join(CASES, file), 'utf8'), { customTags: [fn] });
    it(file, async () => {
      assert.ok(isObject(test));
      const spans = await traced.spansOf(async () => {
        for (const request of objects(test.requests)) await send(request, string(test.endpoint) ?? '');
      });
      const expected = objects(test.expected_brainstore_spans);
      assert.equal(spans.length, expected.length);
      for (const [index, span] of spans.entries()) assertMatches(span, expected[index], 'span');
    });
  }

  async function send(request: JsonObject, endpoint: string) {
    const input = withBytes(request) as ConstructorParameters<typeof ConverseCommand>[0];
    if (!endpoint.endsWith('-stream')) return traced.client().send(new ConverseCommand(input));
    const { stream } = await traced.client({ http2: true }).send(new ConverseStreamCommand(input));
    for await (const _ of stream ?? []) {
      // read to the end
    }
  }
});
