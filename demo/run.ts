import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startBedrock } from './bedrock';
import { type Coverage, coverage, isCovered } from './coverage';
import { startIngest } from './ingest';
import { startJobs } from './jobs';
import { paint, wantsColour, widthOf, wrap } from './terminal';
import { drawTree } from './tree';

const ROOT = path.join(__dirname, '..');
const HOOK = '--import braintrust-bedrock/hook.mjs';
const APPLICATION = 'examples/assistant.mjs';
/** Where the application's own lines have their text. */
const TRANSCRIPT_INDENT = 11;

const colour = wantsColour(process.env, process.stdout.isTTY === true);
const columns = widthOf(process.env, process.stdout.columns);
const pen = paint(colour);

/** `npm run demo`: an unmodified application, a Bedrock and a Braintrust on loopback, and the traces that come of it. */
async function main(): Promise<void> {
  const bedrock = await startBedrock({ latencyMs: 90, chunkMs: 12 });
  const ingest = await startIngest();
  say(pen.dim('Bedrock and Braintrust are embedded: no account, no network. The application is unmodified.'));
  const code = (await run([APPLICATION], { ...bedrock.env, ...ingest.env })).code;
  const spans = await ingest.waitFor((arrived) => coverage(bedrock.requests, arrived).every(isCovered), 3000).catch(() => ingest.spans());
  say(`\n${pen.strong('What Braintrust has now')}\n`);
  say(`${drawTree(spans, { columns, colour })}\n`);
  const covered = coverage(bedrock.requests, spans);
  say(summary(covered, spans.length));
  await Promise.all([bedrock.close(), ingest.close()]);
  const missing = covered.filter((entry) => !isCovered(entry));
  for (const { operation, calls, spans: seen } of missing) fail(`${operation}: ${calls} calls to Bedrock, ${seen} spans in Braintrust`);
  if (code !== 0) fail(`${APPLICATION} exited with ${code}`);
  await jobs();
}

/** Jobs that one process submits, a second one sees finished, and whose results a third one reads. */
async function jobs(): Promise<void> {
  say(`\n${pen.strong('Work that finishes later')}${pen.dim(': three processes, one trace for each job')}`);
  const { ingest, env, close } = await startJobs();
  const submitted = await run(['examples/jobs.mjs', 'submit'], env);
  const [film = '', batch = ''] = submitted.lines.map((line) => /arn:\S+/.exec(line)?.[0] ?? '');
  await run(['examples/jobs.mjs', 'poll', film, batch], { ...env, BRAINTRUST_BEDROCK_IGNORE: 'getAsyncInvoke,getModelInvocationJob' });
  await run(['examples/jobs.mjs', 'read', batch], { ...env, BRAINTRUST_BEDROCK_IGNORE: 'getModelInvocationJob' });
  const spans = ingest.spans();
  say(`\n${drawTree(spans, { columns, colour })}\n`);
  await close();
  const roots = spans.filter(({ span_parents = [] }) => span_parents.length === 0);
  const records = spans.filter(({ metadata }) => metadata?.recordId !== undefined);
  say(`${pen.strong(`${spans.length} spans of 3 processes in ${roots.length} traces`)}, ${records.length} of them records of the batch.`);
  if (roots.length !== 2 || records.length !== 4) fail(`${roots.length} traces, ${records.length} records: 2 and 4 were expected`);
}

/** Runs a program under the hook, as a user would, and shows what it says. */
async function run(args: string[], settings: Record<string, string>): Promise<{ code: number | null; lines: string[] }> {
  say(`\n${pen.good('$')} ${pen.strong(`NODE_OPTIONS="${HOOK}" node ${args.map(short).join(' ')}`)}\n`);
  const said: string[] = [];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8');
  let rest = '';
  for await (const chunk of child.stdout) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    said.push(...lines);
    for (const line of lines.flatMap((text) => wrap(text, columns - 2, TRANSCRIPT_INDENT))) say(`${pen.dim('│')} ${line}`);
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  return { code, lines: said };
}

/** An ARN by its last part: it would not fit. */
const short = (argument: string) => argument.replace(/^arn:.*\//, '…/');

/** The environment of this process without its own AWS and Braintrust settings, which are not for a demo to use. */
function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|BRAINTRUST)_|^NODE_OPTIONS$/.test(name));
  return {
    ...Object.fromEntries(own),
    ...settings,
    NODE_OPTIONS: HOOK,
    // The SDK's advice to leave Node 20 is right, and not this demo's subject.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

function summary(covered: Coverage[], spans: number): string {
  const calls = covered.reduce((sum, entry) => sum + entry.calls, 0);
  const ticked = covered.map((entry) => {
    const good = isCovered(entry);
    const text = `${good ? '✓' : '✗'} ${entry.operation} ${entry.spans}${good ? '' : ` of ${entry.calls}`}`;
    return { text, shown: good ? `${pen.good('✓')}${text.slice(1)}` : pen.bad(text) };
  });
  const lines: { width: number; shown: string }[] = [];
  for (const { text, shown } of ticked) {
    const line = lines.at(-1);
    if (line && line.width + text.length + 3 <= columns) {
      line.width += text.length + 3;
      line.shown += `   ${shown}`;
    } else lines.push({ width: text.length, shown });
  }
  const total = pen.strong(`${calls} calls to Bedrock, ${spans} spans in Braintrust`);
  const commands = `${covered.filter(isCovered).length} of ${covered.length} commands traced`;
  return [...lines.map(({ shown }) => shown), '', `${total}, ${commands}.`].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): void {
  process.stderr.write(`${pen.bad(`✗ ${text}`)}\n`);
  process.exitCode = 1;
}

main().catch((error: unknown) => fail(String(error)));
