// Builds dist/: the types by tsc, the code by esbuild, in few files. Each file that Node has to find, read and compile costs a process 0.3 to
// 0.5 ms, and the line has ninety of them. `hook.mjs` and `hook.cjs` are what every process loads, the one or the other: whole, because a
// second file would cost as much again. `dist/line.js` is all the rest, loaded when there is an SDK.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import esbuild from 'esbuild';

const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc');
fs.rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' });

const options = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  external: ['../package.json'],
  logLevel: 'warning',
};

/** What the small files ask the line for, by the specifier that their source has. */
const parts = new Set();
/** @param line where the line is, from the file that is built */
const fromLine = (line) => ({
  name: 'from-line',
  setup(build) {
    build.onResolve({ filter: /\/line\.js$/ }, ({ path }) => ({ path, external: true }));
    build.onResolve({ filter: /^\.\// }, ({ path, kind }) => {
      if (kind === 'entry-point' || path.startsWith('./loader')) return undefined;
      parts.add(path);
      return { path, namespace: 'line' };
    });
    build.onLoad({ filter: /./, namespace: 'line' }, ({ path }) => ({
      contents: `module.exports = require('${line}')(${JSON.stringify(path)});`,
      resolveDir: 'src',
    }));
  },
});

await esbuild.build({ ...options, entryPoints: ['./src/index.ts'], outfile: 'dist/index.js', plugins: [fromLine('./line.js')] });
const hook = { ...options, plugins: [fromLine('./dist/line.js')] };
await esbuild.build({ ...hook, entryPoints: ['./src/hook.cts'], outfile: 'hook.cjs' });
// What the hook needs later is CommonJS, which has to work under `--no-experimental-require-module`, too.
const banner = { js: 'const require = (name) => Module.createRequire(import.meta.url)(name);' };
await esbuild.build({ ...hook, entryPoints: ['./src/hook.mts'], outfile: 'hook.mjs', format: 'esm', banner });
const getters = [...parts].map((path) => `${JSON.stringify(path)}: () => require(${JSON.stringify(path)})`);
const line = `const parts = { ${getters.join(', ')} };\nmodule.exports = (name) => parts[name]();`;
await esbuild.build({ ...options, stdin: { contents: line, resolveDir: 'src', sourcefile: 'line.js' }, outfile: 'dist/line.js' });
await esbuild.build({ ...options, entryPoints: ['src/delivery/sender.ts'], outfile: 'dist/sender.js' });
await esbuild.build({ entryPoints: ['src/index.mts'], format: 'esm', target: 'node20', outfile: 'dist/index.mjs' });
