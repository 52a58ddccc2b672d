import { startServers } from './servers';
import { calls } from './sections/calls';
import { table } from './table';

async function main() {
  const servers = await startServers();
  const figures = await calls.run({ node: process.execPath, servers }, { quick: process.argv.includes('--quick'), say: (text) => console.log(text) });
  console.log(table(figures));
  servers.close();
}
void main();
