// clip-tfjs models: what can be loaded by name.
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { CLIP } from '../model/clip.ts';
import { printJson, printLine } from './terminal.ts';

export function registerModels(program: Command): void {
  program
    .command('models')
    .summary('the models known by name')
    .description(
      "The embedded models and OpenAI's nine: parameters, resolution, and where the file is looked for.",
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs models')
    .action(run);
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const { OPENAI_MODELS } = await import('../checkpoint/openai-models.ts');
  const { EMBEDDED, modelPaths, withModel } = await import('../tasks/load.node.ts');
  const published = OPENAI_MODELS.map(({ name, url, sha256, config }) => ({ name, config, url, sha256 }));
  const here = EMBEDDED.filter((name) => existsSync(modelPaths(name)[0]!));
  const embedded = await Promise.all(
    here.map((name) => withModel(name, {}, async ({ config }) => ({ name, config }))),
  );
  const { CLIP } = await import('../model/clip.ts');
  const rows = [...embedded, ...published].map(({ name, config, ...rest }) => ({
    name,
    parameters: countParameters(new CLIP(config)),
    resolution: config.image_resolution,
    embedding: config.embed_dim,
    path: modelPaths(name).find((place) => existsSync(place)) ?? null,
    ...rest,
  }));
  if (json) {
    printJson(rows);
    return;
  }
  printLine('name            parameters  pixels  embedding  file');
  for (const { name, parameters, resolution, embedding, path } of rows) {
    const millions = `${(parameters / 1e6).toFixed(1)} M`;
    const numbers = `${millions.padStart(10)}  ${String(resolution).padStart(6)}  ${String(embedding).padStart(9)}`;
    printLine(`${name.padEnd(15)} ${numbers}  ${path ?? `not here: ${modelPaths(name)[0]}`}`);
  }
}

/** As PyTorch counts them: without batch norm's running statistics. */
function countParameters(model: CLIP): number {
  const trained = [...model.namedParameters()].filter(([, { trainable }]) => trainable);
  return trained.reduce((total, [, { size }]) => total + size, 0);
}
