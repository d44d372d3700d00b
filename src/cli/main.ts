#!/usr/bin/env node
// The command line: one file a command. Exit status 0 done, 1 failed, 2 wrong usage.
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { registerClassify } from './classify.ts';
import { registerDoctor } from './doctor.ts';
import { registerEval } from './eval.ts';
import { registerInspect } from './inspect.ts';
import { registerModels } from './models.ts';
import { registerParity } from './parity.ts';
import { registerPreprocess } from './preprocess.ts';
import { registerSetup } from './setup.ts';
import { registerShow } from './show.ts';
import { report } from './terminal.ts';
import { registerTokenize } from './tokenize.ts';

const { version, description } = createRequire(import.meta.url)('../../package.json');

const program = new Command('clip-tfjs')
  .description(description)
  .version(version)
  .exitOverride() // commander would exit with 1 where the usage is wrong
  .configureHelp({ showGlobalOptions: true })
  .option('--verbose', 'with an error, print its stack')
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'clip-tfjs: ')) });

registerClassify(program);
registerShow(program);
registerEval(program);
registerTokenize(program);
registerPreprocess(program);
registerInspect(program);
registerParity(program);
registerModels(program);
registerDoctor(program);
registerSetup(program);

// A reader that has seen enough (head, less) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error, program.opts().verbose === true);
}
