// clip-tfjs doctor: which engines run here, how fast and how right, and what auto takes.
import type { Command } from 'commander';
import { sizeText } from '../disk.node.ts';
import type { Diagnosis, EngineFacts } from '../doctor/doctor.node.ts';
import { printJson, printLine, progressBars } from './terminal.ts';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('which engines run here')
    .description(
      'Examines every engine in a process of its own: whether it starts, a second of matrix products, and the embedded\n' +
        'model held to what PyTorch computed. Says what is missing, how to get it, and which engine auto takes.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs doctor')
    .action(run);
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const { diagnose } = await import('../doctor/doctor.node.ts');
  const bars = progressBars();
  const onEngine = (name: string, done: number, total: number) =>
    bars.update(`examining ${name}`, done, total);
  try {
    const diagnosis = await diagnose({ onEngine });
    bars.stop();
    if (json) printJson(diagnosis);
    else print(diagnosis);
  } finally {
    bars.stop();
  }
}

function print(diagnosis: Diagnosis): void {
  const { version, node, npm, system, processor, processors, simd, memory, threads } = diagnosis;
  const limit = memory.limit === null ? '' : `, a container’s limit of ${sizeText(memory.limit)}`;
  printFacts([
    ['clip-tfjs', `${version} on Node ${node}${npm ? `, npm ${npm}` : ''}`],
    ['system', system],
    [
      'processor',
      `${processor}, ${processors} processors${simd.length > 0 ? ` with ${simd.join(' ')}` : ''}`,
    ],
    ['memory', `${sizeText(memory.total)}, ${sizeText(memory.free)} free${limit}`],
    ['threads', `${threads.count}, from ${THREADS[threads.source]}`],
    ...cudaLines(diagnosis),
  ]);
  printLine();
  const width = Math.max(...diagnosis.engines.map(({ version: of = '' }) => of.length));
  for (const engine of diagnosis.engines) {
    printLine(`${engine.name.padEnd(8)}${engineLine(engine, width)}`);
    for (const line of engine.notes ?? []) printLine(`        ${line}`);
  }
  printLine();
  printLine(`auto takes ${diagnosis.auto} (${diagnosis.why})`);
}

const THREADS: Record<Diagnosis['threads']['source'], string> = {
  asked: 'what was asked for',
  OMP_NUM_THREADS: 'OMP_NUM_THREADS',
  processors: 'the processors',
  container: 'a container’s limit',
};

function printFacts(facts: readonly (readonly [name: string, fact: string])[]): void {
  for (const [name, fact] of facts) printLine(`${name.padEnd(11)}${fact}`);
}

/** GPUs, and the libraries by the folders they come from; nothing where CUDA is neither there nor set up. */
function cudaLines({ cuda }: Diagnosis): [string, string][] {
  const { problem, gpus, isSetUp, libraries } = cuda;
  if (problem !== null && !isSetUp) return [];
  const lines = gpus.map(({ name, memory, driver, capability }): [string, string] => {
    return ['GPU', `${name}, ${sizeText(memory)}, compute capability ${capability}, driver ${driver}`];
  });
  const missing = libraries.filter(({ folder }) => folder === null);
  for (const home of new Set(libraries.flatMap(({ folder }) => folder ?? []).map(homeOf))) {
    const names = libraries.filter(({ folder }) => folder !== null && homeOf(folder) === home);
    lines.push(['CUDA', `${names.map(({ name }) => name).join(' ')} in ${home}`]);
  }
  if (missing.length > 0) lines.push(['CUDA', `missing: ${missing.map(({ name }) => name).join(' ')}`]);
  return lines;
}

/** What setup has fetched lies in a folder for each library. */
function homeOf(folder: string): string {
  return folder.replace(/\/nvidia\/\w+\/lib$/, '/nvidia');
}

function engineLine({ available, reason, hint, isSetUp, ...facts }: EngineFacts, width: number): string {
  const { gflops, parity, version = '', on = '' } = facts;
  if (!available) return `${isSetUp ? 'set up, but ' : 'not here: '}${reason} (${hint})`;
  const rate = gflops === undefined ? '' : `${gflops.toFixed(1).padStart(7)} GFLOP/s`;
  const right = parity === undefined ? (reason ?? '') : parityText(parity);
  return `${rate}  ${right}  ${version.padEnd(width)}  ${on}`.trimEnd();
}

function parityText({ verdict, first, worst }: NonNullable<EngineFacts['parity']>): string {
  const share = `${(100 * worst).toFixed(0)} % of the bars`;
  return verdict === 'pass' ? `parity pass, ${share}` : `parity FAIL at ${first}, ${share}`;
}
