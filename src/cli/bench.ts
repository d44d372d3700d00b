// clip-tfjs bench: this program beside others, one table.
import { type Command, InvalidArgumentError } from 'commander';
import { BATCHES, SUBJECTS, type SubjectName, WORKS, type Work } from '../bench/work.ts';
import { wholeList, wholeNumber } from './numbers.ts';
import { withThreads } from './options.ts';
import { printJson, printLine, progressBar } from './terminal.ts';

interface Options {
  model?: string;
  work?: Work[];
  engines?: SubjectName[];
  batch: readonly number[];
  rounds: number;
  threads?: number;
  json?: boolean;
}

export function registerBench(program: Command): void {
  const command = program
    .command('bench')
    .summary('how fast, beside other programs')
    .description(
      'Times our engines beside onnxruntime-node, onnxruntime-web, transformers.js and PyTorch, those that are here:\n' +
        'the same weights, inputs and number of threads, in turns, and every answer compared with the reference.',
    )
    .option('--model <name|path>', 'default: what npm run bench:setup made, a ViT-B/32, or else mini')
    .option('--work <names>', `some of ${WORKS.join(', ')}`, namesOf(WORKS))
    .option('--engines <names>', `some of ${SUBJECTS.join(', ')}`, namesOf(SUBJECTS))
    .option('--batch <sizes>', 'pictures or texts at once', wholeList(1), BATCHES)
    .option('--rounds <n>', 'how often each has its turn', wholeNumber(1), 3);
  withThreads(command)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs bench --work image,text --engines native,onnxruntime-node')
    .action(run);
}

/** `a,b` → names of the list. */
function namesOf<Name extends string>(list: readonly Name[]): (value: string) => Name[] {
  return (value) => {
    const names = [...new Set(value.split(',').map((name) => name.trim()))];
    const wrong = names.find((name) => !(list as readonly string[]).includes(name));
    if (wrong === undefined) return names as Name[];
    throw new InvalidArgumentError(`expected some of ${list.join(', ')}, got ${wrong}.`);
  };
}

async function run({ model, work, engines, batch, rounds, threads, json }: Options): Promise<void> {
  const { bench } = await import('../bench/run.node.ts');
  const { defaultModel, defaultSubjects } = await import('../bench/programs.node.ts');
  const { threadCount } = await import('../backend/threads/thread-count.node.ts');
  const { tableOf } = await import('../bench/table.ts');
  const chosen = model ?? defaultModel();
  const bar = progressBar('measuring');
  try {
    const report = await bench({
      model: chosen,
      subjects: engines ?? defaultSubjects(chosen),
      works: work ?? WORKS,
      batches: batch,
      named: engines !== undefined,
      rounds,
      threads: threadCount(threads).count,
      onProgress: bar.update,
    });
    bar.stop();
    if (json) printJson(report);
    else for (const line of tableOf(report)) printLine(line);
  } finally {
    bar.stop();
  }
}
