// clip-tfjs models: what can be loaded by name.
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { printJson, printLine } from './terminal.ts';

export function registerModels(program: Command): void {
  program
    .command('models')
    .summary('the models known by name')
    .description("OpenAI's nine models: parameters, resolution, and where the file is looked for.")
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs models')
    .action(run);
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const { OPENAI_MODELS } = await import('../checkpoint/openai-models.ts');
  const { CLIP } = await import('../model/clip.ts');
  const { modelPaths } = await import('../tasks/load.node.ts');
  const rows = OPENAI_MODELS.map(({ name, file, url, sha256, config }) => {
    const shapes = [...new CLIP(config).namedParameters()].filter(([, { trainable }]) => trainable);
    const parameters = shapes.reduce((total, [, { shape }]) => total + shape.reduce((a, b) => a * b, 1), 0);
    const paths = modelPaths(file);
    const path = paths.find((place) => existsSync(place)) ?? null;
    return {
      name,
      parameters,
      resolution: config.image_resolution,
      embedding: config.embed_dim,
      path,
      paths,
      url,
      sha256,
    };
  });
  if (json) {
    printJson(rows.map(({ paths, ...row }) => row));
    return;
  }
  printLine('name            parameters  pixels  embedding  file');
  for (const { name, parameters, resolution, embedding, path, paths } of rows) {
    const millions = `${(parameters / 1e6).toFixed(1)} M`;
    const numbers = `${millions.padStart(10)}  ${String(resolution).padStart(6)}  ${String(embedding).padStart(9)}`;
    printLine(`${name.padEnd(15)} ${numbers}  ${path ?? `not here: ${paths[0]}`}`);
  }
}
