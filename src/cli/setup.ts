// clip-tfjs setup: makes an engine that a plain install does not bring.
import { Argument, type Command } from 'commander';
import type { SetUpEngine } from '../backend/setup/recipe.ts';
import type { Begun, Setup, Step } from '../backend/setup/setup.node.ts';
import { sizeText } from '../disk.node.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

const STEPS: Record<Step['name'], string> = {
  packages: "TensorFlow.js's Node binding and Node's headers, from npm (0.3 MB)",
  libraries: "TensorFlow's C library",
  cuda: "NVIDIA's library",
  binding: 'compiling the binding (less than a minute)',
  link: 'linking it in beside clip-tfjs',
  check: 'checking a matrix product and a gradient',
};

export function registerSetup(program: Command): void {
  program
    .command('setup')
    .summary('make a faster engine: TensorFlow’s C library, on the CPU or with CUDA')
    .description(
      'Makes the engine native (TensorFlow’s C library behind TensorFlow.js; Linux on x64 and arm64) or cuda (the\n' +
        'same on an NVIDIA GPU, with CUDA 12 and cuDNN 9 where they are missing; Linux on x64). Needs pip and a C++\n' +
        'compiler the first time. Safe to repeat: what is there and whole is kept, so a repeat takes seconds.',
    )
    .addArgument(new Argument('<engine>', 'the engine').choices(['native', 'cuda']))
    .option('--force', 'cuda on a machine without a GPU, as for an image that runs elsewhere')
    .option('--uninstall', 'remove it, with what it keeps in the cache')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  clip-tfjs setup native\n  clip-tfjs setup cuda')
    .action(run);
}

interface Options {
  force?: boolean;
  uninstall?: boolean;
  json?: boolean;
}

async function run(engine: SetUpEngine, { force, uninstall, json }: Options): Promise<void> {
  const { setUp, removeEngine } = await import('../backend/setup/setup.node.ts');
  if (uninstall) {
    const removed = await removeEngine(engine);
    if (json) printJson({ engine, removed });
    else printLine(removed.length > 0 ? `removed ${removed.join(' and ')}` : `${engine} was not set up here`);
    return;
  }

  const bar = progressBar('fetching', 'bytes');
  const onEnd = (step: Step) => {
    bar.stop();
    if (step.state === 'already there')
      note(`${step.name}: already there${step.wheel ? ` (${step.wheel})` : ''}`);
    else note(`${step.name}: done in ${step.seconds.toFixed(1)} s`);
  };
  const onBegin = ({ name, wheel, again }: Begun) => {
    bar.stop();
    const what = `${STEPS[name]}${wheel ? `, ${wheel.name} through pip (${sizeText(wheel.bytes)})` : ''}`;
    note(`${name}: ${what}${again ? '; an earlier attempt was cut off, so this is begun anew' : ''}`);
  };
  try {
    const setup = await setUp(engine, { force: force === true, onBegin, onEnd, onBytes: bar.update });
    if (json) printJson(setup);
    else sayReady(setup);
  } finally {
    bar.stop();
  }
}

function sayReady({ engine, tensorflow, gpu, system, cache }: Setup): void {
  for (const { set, version, folder } of system) printLine(`${set} ${version} is taken from ${folder}`);
  printLine(`${engine} is ready: TensorFlow ${tensorflow}, kept in ${cache}`);
  if (engine === 'cuda' && !gpu) printLine('it was checked on the CPU: no GPU is seen here');
}
