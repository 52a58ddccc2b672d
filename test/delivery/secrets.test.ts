import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, startBedrock } from '../../demo/bedrock';
import { type Faults, startIngest } from '../../demo/ingest';
import { environment } from '../helpers/program';

const ROOT = join(__dirname, '../..');
const SECRET = /SECRET|secret-/;

/** Runs the program under these faults, and gives all that is to be seen of its telemetry. */
async function run(faults: Faults, more: Record<string, string> = {}) {
  const bedrock = await startBedrock({
    respond: ({ body }) => (JSON.stringify(body).includes('denied') ? failure(403, 'AccessDeniedException', 'You may not.') : undefined),
  });
  const ingest = await startIngest({ signature: 'SECRET-0013-signature' });
  await ingest.set(faults);
  const spool = mkdtempSync(join(tmpdir(), 'secrets-'));
  const proxies = { HTTPS_PROXY: 'http://user:SECRET-0008-proxy@127.0.0.1:9', NO_PROXY: '127.0.0.1' };
  const env = environment(bedrock, ingest, {
    ...proxies,
    NODE_USE_ENV_PROXY: '1',
    AWS_BEARER_TOKEN_BEDROCK: 'SECRET-0009-bearer',
    AWS_SESSION_TOKEN: 'SECRET-0010-session',
    BRAINTRUST_API_KEY: 'sk-SECRET-0011-braintrust',
    BRAINTRUST_BEDROCK_DEBUG: '1',
    BRAINTRUST_BEDROCK_SPOOL_DIR: spool,
    BRAINTRUST_BEDROCK_EXIT_TIMEOUT_MS: '6000',
    OWN_SETTING: 'SECRET-0012-own',
    ...more,
    NODE_OPTIONS: `--import ${join(ROOT, 'hook.mjs')}`,
  });
  const child = spawn(process.execPath, [join(ROOT, 'test/programs/secrets.mjs')], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const seen = new Set<string>();
  let over = false;
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve())).then(() => (over = true));
  const watching = (async () => {
    for (; !over; await sleep(20)) for (const sender of childrenOf(child.pid ?? 0)) seen.add(sender);
  })();
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended, watching]);
  assert.match(stdout, /^made$/m, stderr);
  const files = readdirSync(spool).map((name) => readFileSync(join(spool, name), 'utf8'));
  const rows = JSON.stringify(ingest.rows());
  await Promise.all([bedrock.close(), ingest.close()]);
  rmSync(spool, { recursive: true });
  return { stdout, stderr, files, rows, seen };
}

/** The command lines and environments of the processes that a process has started. */
function childrenOf(pid: number): string[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    // Until it has become another program it is a copy of its parent, environment and all.
    return children
      .map((child) => [readFileSync(`/proc/${child}/cmdline`, 'utf8'), readFileSync(`/proc/${child}/environ`, 'utf8')])
      .filter(([line]) => line?.includes('sender.js'))
      .map((parts) => parts.join('\n'));
  } catch {
    return [];
  }
}

describe('secrets', { skip: process.platform !== 'linux' }, () => {
  it('of an application are in no row, no line on stderr, and neither the arguments nor the environment of what sends the last rows', async () => {
    const { stdout, stderr, rows, seen } = await run({ delayMs: 300 });
    assert.match(rows, /bedrock\.converse/);
    assert.ok(seen.size > 0, 'the sender was not seen');
    assert.doesNotMatch([stdout, stderr, rows, ...seen].join('\n'), SECRET);
  });

  it('are in no file of the spool, and in no line that tells of an outage', async () => {
    const { stdout, stderr, files } = await run({ login: { status: 503 }, rows: 'garbage', others: 'reset' });
    assert.equal(files.length, 1);
    assert.match(files.join(), /bedrock\.converse/);
    assert.doesNotMatch([stdout, stderr, ...files].join('\n'), SECRET);
  });

  it('are in no line about a key that is refused', async () => {
    const { stdout, stderr, files } = await run({ login: { status: 401 } });
    assert.match(files.join(), /bedrock\.converse/);
    assert.doesNotMatch([stdout, stderr, ...files].join('\n'), SECRET);
  });

  for (const uploads of [{ status: 403 }, 'reset', 'garbage'] as const) {
    it(`of a signed URL are in nothing that is told of it: ${JSON.stringify(uploads)}`, async () => {
      const { stdout, stderr, rows, files, seen } = await run({ uploads }, { WAIT_MS: '1500' });
      assert.match(rows, /bedrock\.converse/);
      if (uploads !== 'garbage') assert.match(stderr, /upload failed/);
      assert.doesNotMatch([stdout, stderr, rows, ...files, ...seen].join('\n'), SECRET);
    });
  }

  for (const failing of ['nothing', 'login', 'logs3', 'attachment']) {
    it(`of a fetch of the application's own are in nothing, and what it throws is not told: at ${failing}`, async () => {
      const { stdout, stderr, rows, files, seen } = await run({}, { WAIT_MS: '1500', OWN_FETCH: failing });
      assert.match([rows, ...files].join('\n'), /bedrock\.converse/);
      assert.doesNotMatch([stdout, stderr, rows, ...files, ...seen].join('\n'), SECRET);
    });
  }
});
