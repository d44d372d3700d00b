// Which model a command takes that works with an index: the one the index was made with, unless --model says otherwise.
import type { Command } from 'commander';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { loadModel, type ModelOptions } from './options.ts';

/** Loads what --model names or, where it is not given, what the index at `uri` was made with, if there is one. */
export async function loadIndexModel(
  uri: string,
  options: ModelOptions,
  command: Command,
): Promise<LoadedModel> {
  const { indexModel } = await import('../tasks/search/store.node.ts');
  const model = await indexModel(uri); // also tells an index that cannot be read before a model is loaded for it
  const isGiven = command.getOptionValueSource('model') !== 'default';
  return loadModel(isGiven || model === undefined ? options : { ...options, model });
}
