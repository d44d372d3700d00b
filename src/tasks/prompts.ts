// Labels and the prompts around them: a label takes the place of {}.
import { ClipError } from '../errors.ts';

export const DEFAULT_TEMPLATE = 'a photo of a {}';

/** The 18 that OpenAI used for CIFAR-10 and CIFAR-100 (openai/CLIP data/prompts.md). */
const CIFAR_TEMPLATES: readonly string[] = ['a', 'the'].flatMap((article) =>
  [
    '',
    'blurry ',
    'black and white ',
    'low contrast ',
    'high contrast ',
    'bad ',
    'good ',
    'small ',
    'big ',
  ].map((kind) => `a ${kind}photo of ${article} {}.`),
);

/** Prompts that papers ensemble, by name. */
export const TEMPLATE_SETS: ReadonlyMap<string, readonly string[]> = new Map([['cifar', CIFAR_TEMPLATES]]);

/** Throws ClipError for no label, an empty one, two equal ones; `what` they are called. */
export function checkLabels(labels: readonly string[], what: string = 'label'): void {
  if (labels.length === 0) throw new ClipError(`no ${what}s`, { expected: 'at least one', got: 'none' });
  const seen = new Map<string, number>();
  labels.forEach((label, i) => {
    if (label.trim() === '')
      throw new ClipError(`${what} ${i + 1} is empty`, { expected: 'a text', got: `"${label}"` });
    const before = seen.get(label);
    if (before !== undefined) {
      throw new ClipError(`two ${what}s are equal`, {
        expected: `${labels.length} different ones`,
        got: `"${label}" as ${what} ${before + 1} and ${what} ${i + 1}`,
        hint: 'their probabilities would be shared out between them',
      });
    }
    seen.set(label, i);
  });
}

/** Throws ClipError for a template without exactly one {}. */
export function checkTemplates(templates: readonly string[]): void {
  for (const template of templates) {
    if (template.split('{}').length !== 2) {
      throw new ClipError('a template needs one place for the label', {
        expected: `text with one {}, such as "${DEFAULT_TEMPLATE}"`,
        got: `"${template}"`,
      });
    }
  }
}

/** Throws ClipError for no text, or an empty one. */
export function checkTexts(texts: readonly string[]): void {
  if (texts.length === 0) throw new ClipError('no texts', { expected: 'at least one', got: 'none' });
  const empty = texts.findIndex((text) => text.trim() === '');
  if (empty >= 0)
    throw new ClipError(`text ${empty + 1} is empty`, { expected: 'a text', got: `"${texts[empty]}"` });
}
