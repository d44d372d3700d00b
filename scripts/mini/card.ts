// The model card of the embedded model. Every number in it is computed here or comes from the run.
import type { CLIPConfig } from '../../src/model/config.ts';
import { wilson } from '../../src/tasks/wilson.ts';
import type { TrainingOptions } from '../../src/train/loop.ts';

export interface CardFacts {
  /** What the model is called: `mini`, or the judge of pictures made with it. */
  name: string;
  seed: number;
  options: TrainingOptions;
  config: CLIPConfig;
  batch: number;
  engine: string;
  processor: string;
  cores: number;
  time: string;
  parameters: number;
  bytes: number;
  /** Accuracy on the validation split, 0 … 1. */
  validation: number | undefined;
  /** counts[truth][answer] on the test split. */
  counts: readonly (readonly number[])[];
  seen: readonly boolean[];
  labels: readonly string[];
}

/** What each model is for. */
const PURPOSES: Readonly<Record<string, string>> = {
  mini: `It runs wherever nothing can be downloaded: the demo, the tests, a
browser page.`,
  judge: `It says what a picture shows that
was made to please the embedded model: it began with other weights, has other sizes and saw other pictures, so that what
deceives the one need not deceive the other.`,
};

export function writeCard(facts: CardFacts): string {
  const { options, config, batch, counts, seen, labels } = facts;
  const number = (n: number) => n.toLocaleString('en-GB');
  const heldOut = labels.filter((_, label) => !seen[label]);
  return `# ${facts.name}: ${facts.name === 'mini' ? 'the embedded model' : 'the second model'}

A CLIP of ${number(facts.parameters)} parameters (${(facts.bytes / 1e6).toFixed(1)} MB, float32), trained from scratch by this
project's own loop on pictures that this project draws. ${PURPOSES[facts.name] ?? ''}
\`npm run train:mini\` trains it again; this page and its figures are written by that command.

## Accuracy

Zero-shot over all 100 labels with \`a photo of a {}\`, on the test split of Shapes-100, which was not looked at while the
recipe was chosen. Chance is 1 %. In brackets: Wilson's 95 % interval.

| pictures | count | top-1 |
| --- | --- | --- |
${row('all', counts, () => true)}
${row('the 85 combinations trained on', counts, (label) => seen[label]!)}
${row('the 15 combinations never trained on', counts, (label) => !seen[label])}

${facts.validation === undefined ? '' : `On the validation split (combinations trained on, other pictures): ${percent(facts.validation)}.\n`}
Never trained on: ${heldOut.join(', ')}. Each colour and each shape was seen, only not together.

What it gets wrong most often (truth → answer, pictures of ${counts[0]!.reduce((a, b) => a + b, 0)}):
${worst(counts, labels)}

![What is taken for what](confusion.png)

## How it was made

| | |
| --- | --- |
| picture tower | ViT, ${config.image_resolution} × ${config.image_resolution} pixels, patches of ${config.vision_patch_size}, width ${config.vision_width}, ${config.vision_layers} layers, ${config.vision_heads} heads |
| text tower | width ${config.transformer_width}, ${config.transformer_layers} layers, ${config.transformer_heads} heads, ${config.context_length} tokens |
| common space | ${config.embed_dim} dimensions |
| vocabulary | ${config.vocab_size} entries: 512 bytes, those of OpenAI's merges that make each word of the captions one token (\`merges.txt\`), 2 special tokens |
| data | the stream of Shapes-100: a fresh picture and caption every time, ${number(options.steps * batch)} pairs in all |
| batch | ${batch} pairs, no two of one class, for an equal caption would count as a wrong one |
| loss | symmetric contrastive, temperature learned, at most 100 |
| optimiser | AdamW, β ${options.beta1} and ${options.beta2}, ε ${options.epsilon}, decay ${options.weightDecay} on matrices only |
| learning rate | ${options.learningRate}, ${options.warmup} steps of warm-up, then a cosine to 0 |
| steps | ${number(options.steps)} |
| seed | ${facts.seed}, of the first weights and of the pictures |
| time | ${facts.time} on ${facts.engine} (${facts.processor}, ${facts.cores} cores) |

![The training](curves.png)

## What it cannot do

It knows ${labels.length} things: ten shapes in ten colours, drawn at 32 × 32 pixels on plain or patterned grounds. A photograph is a
blur of colours to it, and it will answer all the same, with a probability that means nothing. Words outside the captions'
small vocabulary are spelt out byte by byte and were never trained. It has seen one shape a picture, never two, and no text
that denies something. Its probabilities over labels are not calibrated. Pictures of another size are resized to 32 × 32.
`;
}

function row(
  name: string,
  counts: readonly (readonly number[])[],
  which: (label: number) => boolean,
): string {
  let [right, total] = [0, 0];
  counts.forEach((answers, truth) => {
    if (!which(truth)) return;
    right += answers[truth]!;
    total += answers.reduce((sum, count) => sum + count, 0);
  });
  const [low, high] = wilson(right, total);
  return `| ${name} | ${total} | **${percent(right / total)}** (${percent(low)} to ${percent(high)}) |`;
}

function worst(counts: readonly (readonly number[])[], labels: readonly string[]): string {
  const mistakes = counts.flatMap((answers, truth) =>
    answers.flatMap((count, answer) => (answer !== truth && count > 0 ? [{ count, truth, answer }] : [])),
  );
  mistakes.sort((a, b) => b.count - a.count);
  const lines = mistakes
    .slice(0, 6)
    .map(({ count, truth, answer }) => `- ${labels[truth]} → ${labels[answer]}: ${count}`);
  return lines.length > 0 ? lines.join('\n') : '- nothing';
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
