import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isObject, string } from '../src/read';
import { ROOT } from './contenders';

/** Where and with what a result was measured. */
export interface Machine {
  date: string;
  node: string;
  cpu: string;
  memory: string;
  system: string;
  packages: string;
}

export function machine(nodeVersion: string): Machine {
  const processors = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString(),
    node: `Node ${nodeVersion}`,
    cpu: `${processors.length} × ${processors[0]?.model ?? 'unknown'}`,
    memory: `${gigabytes} GB`,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    packages: [ROOT, ...['@aws-sdk/client-bedrock-runtime', 'braintrust'].map((name) => path.join(ROOT, 'node_modules', name))]
      .map(nameOf)
      .join(', '),
  };
}

function nameOf(folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return isObject(manifest) ? `${string(manifest.name)} ${string(manifest.version)}` : folder;
}
