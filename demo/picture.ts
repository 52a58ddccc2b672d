import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startJobs } from './jobs';
import { drawTree } from './tree';

/*
 * The picture in docs/jobs.md, from what the three processes of the demo leave: node --import tsx demo/picture.ts > docs/jobs.svg
 */
const ROOT = path.join(__dirname, '..');
const COLUMNS = 100;
const [LINE, CHARACTER, MARGIN] = [18, 7.8, 20];

async function main(): Promise<void> {
  const { ingest, env, close } = await startJobs();
  const run = async (...args: string[]): Promise<string[]> => {
    const settings = {
      ...process.env,
      ...env,
      NODE_OPTIONS: '--import braintrust-bedrock/hook.mjs',
      BRAINTRUST_BEDROCK_IGNORE: POLLS,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    const child = spawn(process.execPath, ['examples/jobs.mjs', ...args], {
      cwd: ROOT,
      env: settings,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (piece) => (said += piece));
    await once(child, 'close');
    return said.match(/arn:\S+/g) ?? [];
  };
  const [film = '', batch = ''] = await run('submit');
  await run('poll', film, batch);
  await run('read', batch);
  process.stdout.write(svg(drawTree(ingest.spans(), { columns: COLUMNS }).split('\n')));
  await close();
}

const POLLS = 'getAsyncInvoke,getModelInvocationJob';

function svg(lines: string[]): string {
  const [width, height] = [COLUMNS * CHARACTER + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const text = lines.map(
    (line, index) => `<text x="${MARGIN}" y="${Math.round(MARGIN + (index + 0.8) * LINE)}"${shade(line)}>${escaped(line)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>Two traces: a film that was submitted and completed by two processes, and a batch whose four records a third process has read.</title>
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#d7dae0">
${text.join('\n')}
</g>
</svg>
`;
}

/** Names stand out, what went in and out stays back, a failure is red. */
function shade(line: string): string {
  if (line.includes('✗')) return ' fill="#ff7b72"';
  return /bedrock\.\w+ {2}/.test(line) ? ' fill="#79c0ff"' : ' fill="#9aa3b2"';
}

/** SVG draws several spaces as one, but for those that do not break. */
const escaped = (line: string) => line.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/ /g, '\u00a0');

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
