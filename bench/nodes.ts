import { execFileSync } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { installNode } from '../test/matrix/install';
import { inTurn } from './statistics';

/** The Nodes of a list: paths, or versions that npm has, which are put into `.cache` once. */
export function nodesOf(list: string): Promise<{ node: string; version: string }[]> {
  return inTurn(list.split(','), async (name) => {
    const node = isAbsolute(name) ? name : (await installNode(name)).node;
    return { node, version: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1) };
  });
}
