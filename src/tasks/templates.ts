// Prompts that papers ensemble, by name. A label takes the place of {}.

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

export const TEMPLATE_SETS: ReadonlyMap<string, readonly string[]> = new Map([['cifar', CIFAR_TEMPLATES]]);
