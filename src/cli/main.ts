#!/usr/bin/env node
// The command line: one file a command. Exit status 0 done, 1 failed, 2 wrong usage.
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { registerAttention } from './attention.ts';
import { registerBench } from './bench.ts';
import { registerCalibrate } from './calibrate.ts';
import { registerCaption } from './caption.ts';
import { registerClassify } from './classify.ts';
import { registerConvert } from './convert.ts';
import { registerDoctor } from './doctor.ts';
import { registerDownload } from './download.ts';
import { registerEmbed } from './embed.ts';
import { registerEval } from './eval.ts';
import { registerFinetune } from './finetune.ts';
import { registerGenerate } from './generate.ts';
import { registerIndex } from './index.ts';
import { registerInspect } from './inspect.ts';
import { registerInterpolate } from './interpolate.ts';
import { registerLabel } from './label.ts';
import { registerLocalize } from './localize.ts';
import { registerModels } from './models.ts';
import { registerParity } from './parity.ts';
import { registerPreprocess } from './preprocess.ts';
import { registerProbe } from './probe.ts';
import { registerSearch } from './search.ts';
import { registerServe } from './serve.ts';
import { registerSetup } from './setup.ts';
import { registerShow } from './show.ts';
import { registerSimilarity } from './similarity.ts';
import { report } from './terminal.ts';
import { registerTokenize } from './tokenize.ts';
import { registerTrain } from './train.ts';
import { registerVqa } from './vqa.ts';
import { registerWorker } from './worker.ts';

const { version, description } = createRequire(import.meta.url)('../../package.json');

const VERBOSE = ['--verbose', 'with an error, print its stack'] as const;

const program = new Command('clip-tfjs')
  .description(description)
  .version(version)
  .exitOverride() // commander would exit with 1 where the usage is wrong
  .option(...VERBOSE)
  .enablePositionalOptions() // so that `parity record --model` is record's, not parity's
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'clip-tfjs: ')) });

registerClassify(program);
registerShow(program);
registerEval(program);
registerEmbed(program);
registerCalibrate(program);
registerSimilarity(program);
registerLocalize(program);
registerAttention(program);
registerCaption(program);
registerWorker(program);
registerIndex(program);
registerSearch(program);
registerProbe(program);
registerInterpolate(program);
registerLabel(program);
registerGenerate(program);
registerTrain(program);
registerFinetune(program);
registerServe(program);
registerTokenize(program);
registerPreprocess(program);
registerInspect(program);
registerConvert(program);
registerParity(program);
registerVqa(program);
registerModels(program);
registerDownload(program);
registerDoctor(program);
registerSetup(program);
registerBench(program);

/** Every command, those below another too. */
function* commandsOf(parent: Command): Generator<Command> {
  for (const command of parent.commands) yield* [command, ...commandsOf(command)];
}
for (const command of commandsOf(program)) command.option(...VERBOSE);

// A reader that has seen enough (head, less) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(
    error,
    [program, ...commandsOf(program)].some((command) => command.opts().verbose === true),
  );
}
