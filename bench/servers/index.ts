import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { number, object, string } from '../../src/read';
import type { JsonObject } from '../../src/types';

/** What the ingest has been sent by one project since it was last asked to forget. */
interface Count {
  spans: number;
  /** Spans of which a row had an end. */
  ended: number;
  rows: number;
  uploads: number;
  requests: number;
}

interface Ingest {
  env: Record<string, string>;
  count(project: string, forget?: boolean): Promise<Count>;
  /** Waits until a project has so many spans and files, or until nothing more has come for a while, and forgets them. */
  drained(project: string, spans: number, uploads?: number): Promise<Count>;
}

/** Bedrock and three Braintrusts, each in a process of its own, whose CPU is nobody's. */
export interface Servers {
  bedrock: Record<string, string>;
  ingest: Ingest;
  /** It takes 5 s for every answer. */
  slow: Ingest;
  /** The environment that leads to a Braintrust which refuses connections. */
  down: Record<string, string>;
  close(): void;
}

const SLOW_MS = 5000;
const POLL_MS = 20;
/** What has not come by then, after the last that came, does not come. */
const PATIENCE_MS = 8000;

export async function startServers(): Promise<Servers> {
  const [bedrock, up, late, port] = await Promise.all([start('bedrock.ts'), start('ingest.ts'), start('ingest.ts', SLOW_MS), unusedPort()]);
  const nobody = `http://127.0.0.1:${port}`;
  return {
    bedrock: bedrock.env,
    ingest: ingestOf(up),
    slow: ingestOf(late),
    down: { ...up.env, BRAINTRUST_APP_URL: nobody, BRAINTRUST_API_URL: nobody },
    close() {
      for (const { child } of [bedrock, up, late]) child.disconnect();
    },
  };
}

interface Started {
  child: ChildProcess;
  env: Record<string, string>;
}

async function start(program: string, ...args: number[]): Promise<Started> {
  const child = fork(path.join(__dirname, program), args.map(String), { execArgv: ['--import', 'tsx'] });
  const [message] = await once(child, 'message');
  const env = Object.entries(object(object(message)?.env) ?? {}).map(([name, value]) => [name, string(value) ?? '']);
  return { child, env: Object.fromEntries(env) };
}

function ingestOf({ child, env }: Started): Ingest {
  const ask = async (project: string, forget: boolean): Promise<Count> => {
    const answer = once(child, 'message');
    child.send({ project, forget });
    const [message] = await answer;
    const of = (name: string) => number((object(message) as JsonObject | undefined)?.[name]) ?? 0;
    return { spans: of('spans'), ended: of('ended'), rows: of('rows'), uploads: of('uploads'), requests: of('requests') };
  };
  // One question at a time: nothing in an answer says which one it is of.
  let asked: Promise<unknown> = Promise.resolve();
  const count = (project: string, forget = false): Promise<Count> => {
    const answer = asked.then(() => ask(project, forget));
    asked = answer;
    return answer;
  };
  return {
    env,
    count,
    async drained(project, spans, uploads = 0) {
      let before = 0;
      for (let quiet = 0; quiet < PATIENCE_MS; quiet += POLL_MS) {
        const seen = await count(project);
        if (seen.ended >= spans && seen.uploads >= uploads) break;
        const now = seen.rows + seen.uploads;
        if (now > before) quiet = 0;
        before = now;
        await sleep(POLL_MS);
      }
      return count(project, true);
    },
  };
}

async function unusedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 9;
}
