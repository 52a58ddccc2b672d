import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { familyOf } from '../../src/families';
import type { Fields, JsonObject } from '../../src/types';
import { plain } from './plain';

/** test/cases/<family>/<case>/: request.json { modelId, body }, response.json and/or events.json as the vendor sends them, expected.json: the fields. */
const root = path.join(__dirname, '../cases');

const expectedFile = (folder: string) => path.join(folder, 'expected.json');
const read = (folder: string, name: string) => {
  const file = path.join(folder, `${name}.json`);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
};

for (const family of fs.readdirSync(root)) {
  for (const name of fs.readdirSync(path.join(root, family))) {
    const folder = path.join(root, family, name);
    const { modelId, body } = read(folder, 'request');
    const whole = read(folder, 'response');
    const events: JsonObject[] | undefined = read(folder, 'events');

    test(`${family}: ${name}: the request and the response are read`, () => {
      const streamed = events === undefined ? undefined : fold(modelId, body, events);
      const fields = merged(modelId, body, whole ?? streamed);
      if (process.env.UPDATE_CASES) fs.writeFileSync(expectedFile(folder), `${JSON.stringify(fields, null, 2)}\n`);
      assert.deepEqual(fields, read(folder, 'expected'));
      if (whole !== undefined && streamed !== undefined)
        assert.deepEqual(merged(modelId, body, streamed), fields, 'streamed and whole differ');
      assert.equal(familyOf(modelId, body, whole).name, family);
    });
  }
}

/** Both halves of a call in one, as a row has them. */
function merged(modelId: string, body: JsonObject, response: JsonObject | undefined): Fields {
  const request = familyOf(modelId, body).request(body);
  const answer = response === undefined ? {} : familyOf(modelId, body, response).response(response, body);
  return plain({ ...request, ...answer, metadata: { ...request.metadata, ...answer.metadata } });
}

function fold(modelId: string, body: JsonObject, events: JsonObject[]): JsonObject {
  const accumulator = familyOf(modelId, body, events[0]).accumulator();
  // Nothing of an event may be changed, not even by what comes after it: chunks share their members (chunk-reader.ts).
  for (const event of events) accumulator.add(frozen(event));
  return accumulator.response();
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const member of Object.values(Object.freeze(value))) frozen(member);
  return value;
}
