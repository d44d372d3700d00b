// --head: a classifier that was learned, instead of one that class names make.
import type { Command } from 'commander';
import type { SavedHead } from '../checkpoint/head-file.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { PromptOptions } from './options.ts';
import { note, UsageError } from './terminal.ts';

export function withHead(command: Command): Command {
  return command.option(
    '--head <file>',
    'a head that probe or finetune --method head wrote: its labels, its weights',
  );
}

/** Reads the head, where one is asked for. It has its labels; prompts would change nothing. */
export async function openHead(
  path: string | undefined,
  { template, templates, truncate }: PromptOptions,
): Promise<SavedHead | undefined> {
  if (path === undefined) return undefined;
  if (template || templates || truncate) {
    throw new UsageError(
      '--head has its own labels: expected no --template, --templates or --truncate beside it',
    );
  }
  const files = await import('../checkpoint/head-file.node.ts');
  return files.openHead(path);
}

/** Throws ClipError where the head does not fit the model. */
export async function checkHead(head: SavedHead, loaded: LoadedModel, path: string): Promise<void> {
  const heads = await import('../tasks/linear-head.ts');
  await heads.checkHead(head, loaded, path, note);
}
