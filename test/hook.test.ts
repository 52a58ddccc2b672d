import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bedrock, startBedrock } from '../demo/bedrock';
import { startIngest } from '../demo/ingest';
import { environment, runProgram } from './helpers/program';

const OURS = 'braintrust-bedrock/hook.mjs';
const THEIRS = 'braintrust/hook.mjs';
const PROGRAMS = { esm: 'test/programs/application.mjs', cjs: 'test/programs/application.cjs' };
const ROOT = join(__dirname, '..');

let bedrock: Bedrock;

async function run(
  program: string,
  { hooks = [OURS], cwd = ROOT, ...env }: { hooks?: string[]; cwd?: string; [name: string]: unknown } = {},
) {
  const strings = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value === undefined ? undefined : String(value)]));
  const ingest = await startIngest();
  const args = [...hooks.flatMap((hook) => ['--import', hook]), join(ROOT, program)];
  const outcome = await runProgram(args, environment(bedrock, ingest, strings), cwd).finally(() => ingest.close());
  const spans = ingest.spans();
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.match(outcome.stdout, /"sameEnvironment":true/);
  return {
    ...outcome,
    requests: ingest.requests,
    spans,
    calls: spans.filter(({ span_attributes }) => span_attributes?.name?.startsWith('bedrock.')),
  };
}

describe('the hook', () => {
  before(async () => {
    bedrock = await startBedrock();
  });
  after(() => bedrock.close());

  for (const [kind, program] of Object.entries(PROGRAMS)) {
    describe(`an application in ${kind}`, () => {
      it('that never mentions Braintrust gets its spans from the environment alone', async () => {
        const { calls, stderr } = await run(program);
        assert.deepEqual(
          calls.map((span) => span.span_attributes?.name),
          ['bedrock.converse'],
        );
        assert.equal(calls[0]?.project_id, 'project-braintrust-bedrock', 'the project is named after the nearest package.json');
        assert.equal(stderr, '');
      });

      for (const mode of ['before', 'after']) {
        it(`that calls initLogger ${mode} it loads the SDK keeps its own logger and its span as the parent`, async () => {
          const { calls, spans } = await run(program, { BT: mode });
          const mine = spans.find((span) => span.span_attributes?.name === 'mine');
          assert.equal(calls.length, 1);
          assert.equal(calls[0]?.project_id, 'project-its own');
          assert.deepEqual(calls[0]?.span_parents, [mine?.span_id]);
        });
      }

      it('that opens spans without a logger has its calls as roots of their own', async () => {
        const { calls } = await run(program, { BT: 'no-logger' });
        assert.equal(calls.length, 1);
        assert.ok(calls[0]?.root_span_id);
        assert.deepEqual(calls[0]?.span_parents ?? [], []);
      });

      it("that works under another process's span, with withParent, hangs its calls there", async () => {
        const { calls, spans } = await run(program, { BT: 'parent' });
        const elsewhere = spans.find((span) => span.span_attributes?.name === 'elsewhere');
        assert.deepEqual(calls[0]?.span_parents, [elsewhere?.span_id]);
      });

      it('without a key is told so once, and nothing else happens', async () => {
        const { calls, stderr, stdout, requests } = await run(program, { BRAINTRUST_API_KEY: undefined });
        assert.deepEqual(calls, []);
        assert.equal(stderr.trim().split('\n').length, 1);
        assert.match(stderr, /BRAINTRUST_API_KEY/);
        assert.match(stdout, /sameEnvironment/);
        assert.deepEqual(requests, []);
      });

      it('with BRAINTRUST_BEDROCK=off has no spans and no word about it', async () => {
        const { calls, stderr } = await run(program, { BRAINTRUST_BEDROCK: 'off' });
        assert.deepEqual(calls, []);
        assert.equal(stderr, '');
      });

      for (const hooks of [
        [OURS, THEIRS],
        [THEIRS, OURS],
        [OURS, OURS],
      ]) {
        for (const mode of ['nothing', 'before', 'after', 'wrapped', 'wrapped-after']) {
          it(`with ${hooks.join(' and ')}, Braintrust ${mode}: one span a call`, async () => {
            const { calls } = await run(program, { hooks, BT: mode });
            assert.deepEqual(
              calls.map((span) => [span.span_attributes?.name, Reflect.get(Object(span.metadata), 'requestId') !== undefined]),
              [['bedrock.converse', true]],
            );
          });
        }
      }
    });
  }

  describe('a Braintrust that is not there', () => {
    it('is told once when it refuses connections, and the process ends', async () => {
      const { stderr } = await run(PROGRAMS.esm, { BRAINTRUST_APP_URL: 'http://127.0.0.1:9', BRAINTRUST_API_URL: 'http://127.0.0.1:9' });
      assert.match(
        stderr,
        /^braintrust-bedrock: 1 span was lost: Braintrust at http:\/\/127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)\.\n$/,
      );
    });

    it('does not keep the process alive when it never answers', async () => {
      const silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const address = silent.address();
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
      const { stderr } = await run(PROGRAMS.esm, { BRAINTRUST_APP_URL: url, BRAINTRUST_API_URL: url });
      silent.closeAllConnections();
      silent.close();
      assert.match(stderr, /^braintrust-bedrock: 1 span was lost: Braintrust at \S+ has not answered in time\.\n$/);
    });

    it('is told once when it refuses the key, which is not', async () => {
      const refusing = createServer((_, response) => response.writeHead(401).end('{}')).listen(0, '127.0.0.1');
      await once(refusing, 'listening');
      const address = refusing.address();
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
      const { stderr } = await run(PROGRAMS.esm, { BRAINTRUST_APP_URL: url, BRAINTRUST_API_URL: url, BRAINTRUST_API_KEY: 'sk-walrus' });
      refusing.closeAllConnections();
      refusing.close();
      assert.match(stderr, /refuses the key in BRAINTRUST_API_KEY \(401\)/);
      assert.doesNotMatch(stderr, /walrus/);
    });
  });

  describe('a setting that cannot be read', () => {
    it('is told once, and content stays out rather than in', async () => {
      const { calls, stderr } = await run(PROGRAMS.esm, { BRAINTRUST_BEDROCK_CONTENT: 'nome', BRAINTRUST_BEDROCK_MAX_FIELD_BYTES: 'many' });
      assert.deepEqual(stderr.trim().split('\n'), [
        'braintrust-bedrock: BRAINTRUST_BEDROCK_CONTENT is neither on nor off; it is taken for off.',
        'braintrust-bedrock: BRAINTRUST_BEDROCK_MAX_FIELD_BYTES is not a number of bytes; it is taken for 2097152.',
      ]);
      assert.equal(calls.length, 1);
      assert.doesNotMatch(JSON.stringify(calls), /Hello/);
    });
  });

  describe('the project', () => {
    const folder = (files: Record<string, string>) => {
      const path = mkdtempSync(join(tmpdir(), 'braintrust-bedrock-'));
      symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
      return path;
    };
    const hook = [join(ROOT, 'hook.mjs')];

    it('is BRAINTRUST_PROJECT, or by id BRAINTRUST_PROJECT_ID', async () => {
      assert.equal((await run(PROGRAMS.esm, { BRAINTRUST_PROJECT: 'by name' })).calls[0]?.project_id, 'project-by name');
      assert.equal(
        (await run(PROGRAMS.esm, { BRAINTRUST_PROJECT_ID: 'by-id', BRAINTRUST_PROJECT: 'by name' })).calls[0]?.project_id,
        'by-id',
      );
    });

    it('and the key may stand in the nearest .env.braintrust', async () => {
      const cwd = folder({
        '.env.braintrust': `# ours\nBRAINTRUST_API_KEY="key-of-the-file"\nexport BRAINTRUST_PROJECT='from file'\n`,
      });
      const { calls } = await run(PROGRAMS.esm, { hooks: hook, cwd, BRAINTRUST_API_KEY: undefined });
      assert.equal(calls[0]?.project_id, 'project-from file');
    });
  });

  describe('a stream that is open when the process ends', () => {
    it('is abandoned when nobody read it', async () => {
      const { calls } = await run(PROGRAMS.esm, { STREAM: 'unread' });
      assert.deepEqual(
        calls.map((span) => span.metadata?.streamStatus),
        [undefined, 'abandoned'],
      );
    });

    it('is incomplete when it was begun', async () => {
      const { calls } = await run(PROGRAMS.esm, { STREAM: 'begun' });
      assert.deepEqual(
        calls.map((span) => span.metadata?.streamStatus),
        [undefined, 'incomplete'],
      );
    });
  });
});
