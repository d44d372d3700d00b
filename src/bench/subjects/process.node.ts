// The process in which one program is timed: a Task on stdin, a JSON object a line on stdout (Answer), and its end.
import { text } from 'node:stream/consumers';
import { readInputs } from '../inputs.node.ts';
import { bytesOf } from '../numbers.ts';
import type { Answer, Item, Task } from '../work.ts';
import type { Run, Subject, Towers } from './subject.ts';

const MOST_RUNS = 50;
/** A run that takes so many times what a measurement may is no longer for warming up: it is timed. */
const LONG = 5;

async function open(task: Task): Promise<Subject> {
  switch (task.subject) {
    case 'onnxruntime-node':
    case 'onnxruntime-web':
      return (await import('./onnxruntime.node.ts')).onnxruntime(task);
    case 'transformers.js':
      return (await import('./transformers.node.ts')).transformers(task);
    default:
      return (await import('./ours.node.ts')).ours(task);
  }
}

/** Resolves once it is written: an engine may keep this thread from writing, and the process ends at once when all is done. */
function say(answer: Answer): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
}

type Given = ReturnType<typeof readInputs>;

/** What is to be run for a measurement; nothing where the program cannot do it. */
function runOf({ work, batch }: Item, towers: Towers, given: Given): Run | undefined {
  const { pixels, picture, ids, longest, context, resolution, texts } = given;
  const images = () => pixels.subarray(0, batch * 3 * resolution ** 2);
  const rows = (length: number) =>
    Int32Array.from(ids.slice(0, batch).flatMap((row) => row.slice(0, length)));
  switch (work) {
    case 'image':
      return towers.image?.(images(), batch);
    case 'text':
      return towers.text?.(rows(context), batch, context);
    case 'text-trimmed':
      return towers.text?.(rows(longest), batch, longest);
    case 'train':
      return towers.train?.(images(), rows(context), batch);
    case 'preprocess':
      return towers.preprocess?.(picture);
    case 'tokenize':
      return towers.tokenize?.(texts.slice(0, batch));
    default:
      return undefined;
  }
}

/**
 * Runs once for the answer, which also warms up, then against the clock; a run that takes so long that warming up is no
 * part of it is not done twice. In training the answer is two losses: the second shows what the first step did.
 */
async function measure(item: Item, run: Run, milliseconds: number): Promise<Answer> {
  const times: number[] = [];
  const timed = async (): Promise<Float32Array> => {
    const start = performance.now();
    const answer = await run();
    times.push(performance.now() - start);
    return answer;
  };
  const answers = [await timed()];
  if (item.work === 'train') answers.push(await timed());
  if (times.at(-1)! < LONG * milliseconds) times.length = 0;
  if (milliseconds > 0) {
    const end = performance.now() + milliseconds;
    while (times.length < MOST_RUNS && (times.length === 0 || performance.now() < end)) await timed();
  }
  return { ...item, times, rssMB: resident(), output: encode(answers) };
}

/** What loading has led to is a picture's features and a text's, both from a first run that is not in the time. */
async function loaded(item: Item, ms: number, towers: Towers, given: Given): Promise<Answer> {
  const rssMB = resident();
  const runs = [
    runOf({ work: 'image', batch: 1 }, towers, given),
    runOf({ work: 'text', batch: 1 }, towers, given),
  ];
  const output = encode([await runs[0]!(), await runs[1]!()]);
  return { ...item, times: [ms], rssMB, output };
}

function encode(answers: readonly Float32Array[]): string {
  return bytesOf(Float32Array.from(answers.flatMap((answer) => [...answer])));
}

/** MB, the highest so far. */
function resident(): number {
  return process.resourceUsage().maxRSS / 1024;
}

async function main(): Promise<void> {
  const task: Task = JSON.parse(await text(process.stdin));
  const given = readInputs(task.inputs);
  const subject = await open(task);
  await say({ version: subject.version });
  const start = performance.now();
  const towers = await subject.load();
  const loading = performance.now() - start;
  for (const item of task.items) {
    try {
      if (item.work === 'load') {
        await say(await loaded(item, loading, towers, given));
        continue;
      }
      const run = runOf(item, towers, given);
      if (!run) throw new Error('it cannot do this');
      await say(await measure(item, run, task.milliseconds));
    } catch (error) {
      await say({ ...item, reason: (error as Error).message.split('\n')[0]! });
    }
  }
}

await main().catch((error: Error) => {
  console.error(error.message); // the last line of stderr is the reason that is told
  process.exitCode = 1;
});
process.exit(); // threads of an engine would keep it
