// clip-tfjs doctor: which engines run here, and what auto takes.
import type { Command } from 'commander';
import { printJson, printLine } from './terminal.ts';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('which engines run here')
    .description('Tries every engine, measures its matrix products, and says which one auto takes.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs doctor')
    .action(run);
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const { diagnose } = await import('../backend/diagnose.node.ts');
  const diagnosis = await diagnose();
  if (json) {
    printJson(diagnosis);
    return;
  }
  printLine(`Node ${diagnosis.node}; auto takes ${diagnosis.auto}`);
  for (const { name, available, reason, hint, gflops } of diagnosis.engines) {
    const state = available ? `${gflops!.toFixed(1)} GFLOP/s` : `not here: ${reason} (${hint})`;
    printLine(`${name.padEnd(7)} ${state}`);
  }
}
