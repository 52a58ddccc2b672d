import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject, number, object, objects, parseJson, string } from '../src/read';
import type { JsonObject } from '../src/types';
import { writeAnswers } from './answers';
import { contenders, ROOT } from './contenders';
import { startApplication } from './processes';
import { startServers } from './servers';
import { short } from './table';

const SAMPLE_MICROS = 100;
const SHOWN = 25;

/**
 * Where the time of a call goes: `node --import tsx bench/profile.ts ours converse 2000`, or `ours converseStream 20 1000` for streams of
 * 1,000 events. By the owner of the code, then by function: its own time, and with all that it calls.
 */
async function main([id = 'ours', name = 'converse', count = '2000', events]: string[]): Promise<void> {
  const [contender] = contenders(id);
  if (!contender) throw new Error(`${id}: no such contender`);
  const folder = mkdtempSync(path.join(tmpdir(), 'profile-'));
  const answers = writeAnswers();
  const servers = await startServers();
  try {
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_MICROS}`];
    const application = await startApplication({ node: process.execPath, servers, answers: answers.folder }, contender, {}, flags);
    const calls = Number(count);
    await application.order(process.env.BENCH_ORDER ?? 'run', { name, count: calls, events: events && Number(events) });
    if (contender.records) await servers.ingest.drained(id, calls);
    await application.close();
    for (const file of readdirSync(folder).slice(0, 1)) print(readFileSync(path.join(folder, file), 'utf8'), calls * Number(events ?? 1));
  } finally {
    servers.close();
    answers.remove();
    rmSync(folder, { recursive: true });
  }
}

interface Spent {
  own: number;
  total: number;
}

/** @param units what a time is divided by: calls, or events */
function print(json: string, units: number): void {
  const profile = object(parseJson(json)) ?? {};
  const nodes = new Map(objects(profile.nodes).map((node) => [number(node.id) ?? 0, node]));
  const own = new Map<number, number>();
  const samples = numbers(profile.samples);
  const deltas = numbers(profile.timeDeltas);
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (deltas[index] ?? 0));

  const owners = new Map<string, Spent>();
  const functions = new Map<string, Spent>();
  const spend = (spent: Map<string, Spent>, name: string, part: keyof Spent, time: number) => {
    const entry = spent.get(name) ?? { own: 0, total: 0 };
    entry[part] += time;
    spent.set(name, entry);
  };
  // A function that calls itself counts once for a stack.
  const walk = (id: number, above: readonly string[]): number => {
    const node = nodes.get(id) ?? {};
    const { label, owner } = placeOf(object(node.callFrame) ?? {});
    const time = own.get(id) ?? 0;
    const here = above.includes(label) ? above : [...above, label];
    const total = numbers(node.children).reduce((sum, child) => sum + walk(child, here), time);
    spend(owners, owner, 'own', time);
    spend(functions, label, 'own', time);
    if (here !== above) spend(functions, label, 'total', total);
    return total;
  };
  walk(number([...nodes.keys()][0]) ?? 1, []);

  const line = (name: string, { own, total }: Spent) => `${short(own / units).padStart(10)} ${short(total / units).padStart(10)}  ${name}`;
  const by = (part: keyof Spent) => (one: [string, Spent], other: [string, Spent]) => other[1][part] - one[1][part];
  const ours = [...functions].filter(([label]) => new RegExp(process.env.OWNER ?? '^(dist|braintrust)/').test(label));
  const show = (title: string, entries: [string, Spent][]) =>
    console.log([title, ...entries.map((entry) => line(...entry)), ''].join('\n'));
  show('µs own, by owner', [...owners].sort(by('own')));
  show('µs own and total, ours and braintrust, by own', ours.sort(by('own')).slice(0, SHOWN));
  show('µs own and total, ours and braintrust, by total', ours.sort(by('total')).slice(0, SHOWN));
}

function placeOf(frame: JsonObject): { label: string; owner: string } {
  const name = string(frame.functionName) || '(anonymous)';
  const url = string(frame.url) ?? '';
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  const line = `:${(number(frame.lineNumber) ?? 0) + 1}`;
  if (file.startsWith('node:')) return { label: `${file} ${name}`, owner: 'node' };
  if (file === '') return { label: name, owner: name.startsWith('(') ? name : 'native' };
  const inside = path.relative(ROOT, file).replace(/^.*node_modules\//, '');
  const owner = inside.startsWith('@') ? inside.split('/').slice(0, 2).join('/') : (inside.split('/')[0] ?? inside);
  return { label: `${inside}${line} ${name}`, owner };
}

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.filter((member) => typeof member === 'number') : []);

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(isObject(error) ? error : String(error));
  process.exitCode = 1;
});
