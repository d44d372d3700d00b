// clip-tfjs show: a data set's picture as the article shows it.
import type { Command } from 'commander';
import { wholeNumber } from './numbers.ts';
import { checkFigurePath, type DatasetOptions, openDataset, withDataset } from './options.ts';
import { note } from './terminal.ts';

interface Options extends DatasetOptions {
  index: number;
  figure: string;
  name?: boolean;
}

export function registerShow(program: Command): void {
  const command = program
    .command('show')
    .summary("draw a data set's picture")
    .description("A data set's picture, enlarged (bilinear), without axes, under the title `Label: N`.");
  withDataset(command)
    .requiredOption('--index <n>', 'which picture, from 0', wholeNumber(0))
    .requiredOption('--figure <out.png>', 'the file to write')
    .option('--name', "add the label's name to the title")
    .addHelpText(
      'after',
      `
Example:
  clip-tfjs show --dataset cifar100 --data cifar-100-python.tar.gz --index 3637 --figure snake.png`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  checkFigurePath(options.figure);
  const dataset = await openDataset(options);
  const picture = dataset.image(options.index);
  const label = dataset.fineLabels[options.index]!;
  const { pictureFigure } = await import('../figure/picture-figure.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const title = `Label: ${label}${options.name ? ` (${dataset.fineNames[label]})` : ''}`;
  await writeFileAtomic(options.figure, pictureFigure(picture, title));
  note(`wrote ${options.figure}, titled ${title}`);
}
