// clip-tfjs setup: makes an engine that a plain install does not bring.
import { Argument, type Command } from 'commander';
import type { Step, StepName } from '../backend/setup/setup.node.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

const STEPS: Record<StepName, string> = {
  packages: "TensorFlow.js's Node binding and Node's headers, from npm (0.3 MB)",
  libraries: "TensorFlow's C library, through pip (274 MB)",
  binding: 'compiling the binding (less than a minute)',
  link: 'linking it in beside clip-tfjs',
  check: 'checking a matrix product and a gradient',
};

export function registerSetup(program: Command): void {
  program
    .command('setup')
    .summary('make a faster engine: TensorFlow’s C library')
    .description(
      'Makes the engine native: TensorFlow’s C library behind TensorFlow.js. Linux on x64; needs pip and a C++\n' +
        'compiler the first time. Safe to repeat: what is there and whole is kept, so a repeat takes seconds.',
    )
    .addArgument(new Argument('<engine>', 'the engine').choices(['native']))
    .option('--uninstall', 'remove it, with what it keeps in the cache')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs setup native')
    .action(run);
}

interface Options {
  uninstall?: boolean;
  json?: boolean;
}

async function run(engine: string, { uninstall, json }: Options): Promise<void> {
  const { setUpNative, removeNative } = await import('../backend/setup/setup.node.ts');
  if (uninstall) {
    const removed = await removeNative();
    if (json) printJson({ engine, removed });
    else printLine(removed.length > 0 ? `removed ${removed.join(' and ')}` : `${engine} was not set up here`);
    return;
  }

  const bar = progressBar('fetching TensorFlow');
  const onEnd = ({ name, state, seconds }: Step) => {
    bar.stop();
    note(`${name}: ${state}${state === 'done' ? ` in ${seconds.toFixed(1)} s` : ''}`);
  };
  const onBegin = (name: StepName) => note(`${name}: ${STEPS[name]}`);
  try {
    const setup = await setUpNative({ onBegin, onEnd, onBytes: bar.update });
    if (json) printJson({ engine, ...setup });
    else printLine(`${engine} is ready: TensorFlow ${setup.tensorflow}, kept in ${setup.cache}`);
  } finally {
    bar.stop();
  }
}
