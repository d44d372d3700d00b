// clip-tfjs parity compare: two recordings, no model.
import type { Command } from 'commander';
import { checkFigurePath } from './options.ts';
import { printReports, type ReportOptions, withRecording, withReport } from './parity-options.ts';
import { progressBar } from './terminal.ts';

export function registerParityCompare(parity: Command): void {
  const command = parity
    .command('compare')
    .summary('two recordings, no model needed')
    .description(
      'Holds one recording to another. What only one of them has is a failure; --parts leaves kinds out.',
    )
    .argument('<actual>', 'a recording, a safetensors file')
    .argument('<expected>', 'the one it is held to')
    .option('--subset', 'what the expected one lacks is no failure');
  withReport(command)
    .addHelpText(
      'after',
      '\nExample:\n  clip-tfjs parity compare ours.safetensors theirs.safetensors --subset',
    )
    .action(run);
}

interface Options extends ReportOptions {
  subset?: boolean;
}

async function run(actualPath: string, expectedPath: string, options: Options): Promise<void> {
  checkFigurePath(options.figure);
  const { compareRecordings } = await import('../parity/compare.ts');
  const bar = progressBar('comparing');
  try {
    await withRecording(actualPath, (actual) =>
      withRecording(expectedPath, async (expected) => {
        const { bar: bars, parts, subset } = options;
        const report = await compareRecordings(actual, expected, {
          bars,
          parts,
          subset,
          onProgress: bar.update,
        });
        bar.stop();
        await printReports([{ backend: actualPath, report }], options, {
          actual: actualPath,
          expected: expectedPath,
        });
      }),
    );
  } finally {
    bar.stop();
  }
}
