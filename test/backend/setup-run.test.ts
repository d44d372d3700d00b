// The programs that setup runs: what is told of one that fails.
import { expect, test } from 'vitest';
import { run, tellingLine } from '../../src/backend/setup/run.node.ts';

test.each([
  ['a.cc:1: warning: error-prone\na.cc:2:3: error: first\na.cc:4:5: error: second', 'a.cc:2:3: error: first'],
  ['npm error code X\nnpm error A complete log of this run can be found in: y', 'npm error code X'],
  ['one\n\ntwo\n', 'two'],
  ['', ''],
])('of %j the telling line is %j', (output, line) => {
  expect(tellingLine(output)).toBe(line);
});

test('a program that never answers is ended', async () => {
  const [what, hint] = ['it hangs', 'ask again'];
  await expect(run('sleep', ['60'], { what, hint, seconds: 0.2 })).rejects.toThrow(/no answer within 0.2 s/);
});
