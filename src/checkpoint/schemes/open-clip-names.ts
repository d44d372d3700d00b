// open_clip's names: OpenAI's own. A model whose text tower open_clip keeps as a module of its own (CustomTextCLIP) has
// `text.` before that tower's; both are read, and the first is written.
import type { NameScheme } from './scheme.ts';

const TEXT_TOWER =
  /^text\.((?:transformer|token_embedding|ln_final)\..+|positional_embedding|text_projection)$/;

export const openClip: NameScheme = {
  toOpenAI: (name) => ({ name: TEXT_TOWER.exec(name)?.[1] ?? name }),
  fromOpenAI: (name) => [{ name }],
};

/** Whether the text tower stands under `text.`, which only open_clip does. */
export function hasTextTower(names: Iterable<string>): boolean {
  return [...names].some((name) => TEXT_TOWER.test(name));
}
