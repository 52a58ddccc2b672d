// Completes package-lock.json with the optional packages of other platforms. A registry that does not serve them leaves them out when the
// lock is made, and then `npm ci` refuses the lock everywhere. They are named and pinned by the packages that want them; the name tells the
// platform. Run after `npm install` where that has happened: node .ci/complete-lock.mjs
import fs from 'node:fs';

const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
const OS = /(^|[-.])(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|wasm32|wasi)([-.]|$)/;
const CPU = /(^|[-.])(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32)([-.]|$|gnu)/;
let added = 0;

for (const [at, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${at}/node_modules/${name}`;
    const top = `node_modules/${name}`;
    if (lock.packages[nested] || lock.packages[top] || !/^\d/.test(range)) continue;
    const base = name.split('/').at(-1);
    const os = OS.exec(base)?.[2];
    const cpu = CPU.exec(base)?.[2];
    if (!os) continue;
    lock.packages[top] = {
      version: range,
      ...(cpu && { cpu: [cpu] }),
      ...(entry.dev && { dev: true }),
      optional: true,
      os: [os],
      ...(/musl/.test(base) && { libc: ['musl'] }),
    };
    added++;
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync('package-lock.json', `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
console.log(`${added} packages of other platforms added`);
