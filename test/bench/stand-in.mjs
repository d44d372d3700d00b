// A program to be timed that is none: what its argument says, it does with the task on stdin.
import { text } from 'node:stream/consumers';

const kind = process.argv[2];
const task = JSON.parse(await text(process.stdin));
const say = (answer) => console.log(JSON.stringify(answer));

if (kind === 'not-here') {
  console.error('Error: no such library\n');
  process.exit(1);
}
console.log('a library says hello, {"not": "an answer"}');
say({ version: '1.2.3' });
for (const { work, batch } of task.items) {
  if (kind === 'hangs' && work === 'text') await new Promise((resolve) => setTimeout(resolve, 1e6));
  if (kind === 'crashes' && work === 'text') process.kill(process.pid, 'SIGSEGV');
  if (kind === 'refuses' && work === 'text') {
    say({ work, batch, reason: 'out of memory' });
    continue;
  }
  const numbers = Float32Array.from({ length: batch * 4 }, (_, i) => 1 + i);
  if (kind === 'wrong') numbers[0] = 1.5; // only the first row: every batch has it
  const one = { right: 20, wrong: 1 }[kind] ?? 30;
  const times = task.milliseconds === 0 ? [] : [3 * one, one, 2 * one].map((ms) => ms * batch);
  say({ work, batch, times, rssMB: 100 + batch, output: Buffer.from(numbers.buffer).toString('base64') });
}
