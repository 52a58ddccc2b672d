import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { GrowingText } from '../src/growing-text';

test('a growing text is what it began with and its pieces, one after the other', () => {
  for (const first of ['', 'It begins. ', 'long '.repeat(1000)]) {
    const text = new GrowingText(first);
    let expected = first;
    assert.equal(String(text), expected);
    for (let index = 0; index < 3000; index++) {
      const piece = index % 7 === 0 ? '' : index % 500 === 1 ? 'a long one '.repeat(300) : `${index} ✓ `;
      text.add(piece);
      expected += piece;
      if (index % 100 === 0) assert.equal(String(text), expected);
    }
    assert.equal(String(text), expected);
  }
});

test('and takes hardly more memory than it is long', () => {
  const program = `
    const { GrowingText } = require(${JSON.stringify(join(__dirname, '../src/growing-text.ts'))});
    const used = () => { global.gc(); return process.memoryUsage().heapUsed; };
    const before = used();
    const text = new GrowingText();
    for (let index = 0; index < 20_000; index++) text.add(JSON.parse('"word number ' + index + ' of it"'));
    const after = used();
    console.log((after - before) / String(text).length);`;
  const ratio = Number(execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', '-e', program], { encoding: 'utf8' }));
  assert.ok(ratio < 1.2, `${ratio} times its length`); // 3 as pieces
});
