import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { lengthen } from '../src/lengthen';

test('a text that grows is its pieces, one after the other', () => {
  let text: string | undefined;
  let expected = '';
  for (let index = 0; index < 3000; index++) {
    const piece = index % 7 === 0 ? '' : `${index} ✓ `;
    text = lengthen(text, piece);
    expected += piece;
    assert.equal(text.length, expected.length);
  }
  assert.equal(text, expected);
});

test('and takes hardly more memory than it is long', () => {
  const program = `
    const { lengthen } = require(${JSON.stringify(join(__dirname, '../src/lengthen.ts'))});
    const used = () => { global.gc(); return process.memoryUsage().heapUsed; };
    const before = used();
    let text;
    for (let index = 0; index < 20_000; index++) text = lengthen(text, JSON.parse('"word number ' + index + ' of it"'));
    console.log((used() - before) / text.length);`;
  const ratio = Number(execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', '-e', program], { encoding: 'utf8' }));
  assert.ok(ratio < 1.6, `${ratio} times its length`); // 3 as pieces
});
