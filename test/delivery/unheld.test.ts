import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { startBedrock } from '../../demo/bedrock';
import { startIngest } from '../../demo/ingest';
import { unheld } from '../../src/delivery/unheld';
import { isObject } from '../../src/read';
import { environment, runProgram } from '../helpers/program';

/** Takes requests and answers none of them. */
async function startSilent(): Promise<{ server: Server; url: string }> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, url: `http://127.0.0.1:${isObject(address) ? address.port : ''}` };
}

describe('while braintrust logs in for us', () => {
  let one: Awaited<ReturnType<typeof startSilent>>;
  let other: Awaited<ReturnType<typeof startSilent>>;
  let requests = new AbortController();
  const sockets: { path: string; holds: boolean }[] = [];
  // What holds the process is known when all who listen have been told.
  const onSent = (message: unknown) => {
    if (!isObject(message) || !isObject(message.request)) return;
    const { path } = message.request;
    const handle: unknown = Reflect.get(Object(message.socket), '_handle');
    setImmediate(() =>
      sockets.push({ path: String(path), holds: isObject(handle) && typeof handle.hasRef === 'function' && handle.hasRef() }),
    );
  };
  /** Whether the request keeps the process alive. */
  const holds = async (url: string): Promise<boolean> => {
    const { length } = sockets;
    fetch(url, { method: 'POST', signal: requests.signal }).catch(() => {});
    while (sockets.length === length) await new Promise(setImmediate);
    return sockets.at(-1)?.holds === true;
  };
  const asking = async (appUrl: string | undefined, run: () => Promise<void>) => {
    await unheld(appUrl, run);
  };

  before(async () => {
    [one, other] = await Promise.all([startSilent(), startSilent()]);
    subscribe('undici:client:sendHeaders', onSent);
  });
  afterEach(() => {
    requests.abort();
    requests = new AbortController();
  });
  after(() => {
    unsubscribe('undici:client:sendHeaders', onSent);
    for (const { server } of [one, other]) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('its log-in and its question for the project hold nothing, though nobody had known where it would go', () =>
    asking(undefined, async () => {
      assert.equal(await holds(`${one.url}/behind/api/apikey/login`), false);
      assert.equal(await holds(`${one.url}/behind/api/project/register`), false);
      assert.equal(await holds(`${one.url}/behind/api/project?id=1`), false);
    }));

  it('nor does the question where it is logged in already', () =>
    asking(`${one.url}/behind`, async () => {
      assert.equal(await holds(`${one.url}/behind/api/experiment/register`), false);
    }));

  it("the application's own requests do: a log-in of its own, other paths, other servers", () =>
    asking(undefined, async () => {
      assert.equal(await holds(`${one.url}/api/project/register`), true);
      assert.equal(await holds(`${one.url}/api/apikey/login`), false);
      assert.equal(await holds(`${one.url}/api/apikey/login`), true);
      assert.equal(await holds(`${other.url}/api/apikey/login`), true);
      assert.equal(await holds(`${other.url}/api/project/register`), true);
      assert.equal(await holds(`${one.url}/api/prompt`), true);
    }));

  it('and all do when it is over', async () => {
    await asking(undefined, async () => {});
    assert.equal(await holds(`${one.url}/api/apikey/login`), true);
  });
});

describe('an application with a logger of its own', () => {
  for (const [how, more] of [
    ['that is where the environment says', {}],
    ['that is elsewhere', { OWN_URL: '1' }],
  ] as const) {
    it(`${how} ends though nobody answers its log-in`, async () => {
      const [bedrock, ingest] = await Promise.all([startBedrock(), startIngest()]);
      await ingest.set({ login: 'hang', rows: 'hang', others: 'hang' });
      const own = 'OWN_URL' in more ? { OWN_URL: ingest.env.BRAINTRUST_APP_URL, BRAINTRUST_APP_URL: 'http://127.0.0.1:9' } : {};
      const program = join(__dirname, '../programs/own-logger.mjs');
      const env = environment(bedrock, ingest, { ...own, END_WITHIN_MS: '60000' });
      const { code, stderr } = await runProgram(['--import', 'braintrust-bedrock/hook.mjs', program], env);
      await Promise.all([bedrock.close(), ingest.close()]);
      assert.equal(code, 0, stderr);
    });
  }
});
