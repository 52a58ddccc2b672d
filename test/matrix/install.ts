import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../apps/run';

const CACHE = path.join(ROOT, '.cache');
const APPS = path.join(ROOT, 'test', 'apps');

/** A Node of the matrix. */
export interface Runtime {
  version: string;
  node: string;
}

/** An SDK of the matrix, with the programs beside it: they find it as an application would. */
export interface Sdk {
  version: string;
  apps: string;
  /** The folder of the SDK. */
  folder: string;
}

/** Installs a version of Node from npm, once. */
export async function installNode(version: string): Promise<Runtime> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await install(`node-${version}`, `${name}@${version}`, name);
  const node = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const { stdout } = await promisify(execFile)(node, ['--version']);
  return { version: stdout.trim().slice(1), node };
}

/** Installs a version of the SDK, once, and puts the programs beside it, each time. */
export const installSdk = (version: string): Promise<Sdk> => installBeside('sdk', '@aws-sdk/client-bedrock-runtime', version);

/** The same for the SDK of Anthropic. */
export const installAnthropic = (version: string): Promise<Sdk> => installBeside('anthropic', '@anthropic-ai/sdk', version);

async function installBeside(kind: string, name: string, version: string): Promise<Sdk> {
  const place = `${kind}-${version}`;
  const folder = version === 'newest' ? path.join(ROOT, 'node_modules', name) : await install(place, `${name}@${version}`, name);
  const apps = version === 'newest' ? APPS : path.join(CACHE, place, 'apps');
  if (apps !== APPS) await cp(APPS, apps, { recursive: true });
  return { version: await versionOf(folder), apps, folder };
}

async function install(place: string, spec: string, name: string): Promise<string> {
  const prefix = path.join(CACHE, place);
  const folder = path.join(prefix, 'node_modules', name);
  if ((await versionOf(folder).catch(() => '')) !== '') return folder;
  await mkdir(prefix, { recursive: true });
  // A package.json of its own, or npm would look for one further up.
  await writeFile(path.join(prefix, 'package.json'), '{ "private": true }\n');
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--silent', '--prefix', prefix, spec], { cwd: prefix });
  return folder;
}

async function versionOf(folder: string): Promise<string> {
  const { version }: { version?: unknown } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  return typeof version === 'string' ? version : '';
}
