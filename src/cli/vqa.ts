// clip-tfjs vqa: a question about a picture; vqa train and vqa eval stand beside it.
import type { Command } from 'commander';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { Answer } from '../tasks/vqa/answer.ts';
import { wholeNumber } from './numbers.ts';
import { loadModel, type ModelOptions, withModel } from './options.ts';
import { percent, printJson, printLine } from './terminal.ts';
import { registerVqaEval } from './vqa-eval.ts';
import { registerVqaTrain } from './vqa-train.ts';

interface Options extends ModelOptions {
  answers?: string;
  head?: string;
  top: number;
  json?: boolean;
}

export function registerVqa(program: Command): void {
  const command = program
    .command('vqa')
    .summary('a question about a picture')
    .description(
      'Answers a question about a picture. Without --head nothing is trained: each possible answer becomes statements ("the circle is red"), and probabilities are softmax(100 · cosine) over them. Questions of colour, number, place and shape, and those answered yes or no, say what their answers may be; others need --answers.',
    )
    .argument('<image>', 'a PNG, JPEG, WebP or GIF file')
    .argument('<question>', 'such as "what colour is the circle?"')
    .option('--answers <a,b,c>', 'what the answer may be, between commas')
    .option(
      '--head <file>',
      'a head that vqa train wrote; mini is the one that comes with the embedded model',
    )
    .option('--top <k>', 'how many answers to print', wholeNumber(1), 5);
  withModel(command)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs vqa scene.png "what colour is the circle?"
  clip-tfjs vqa scene.png "what is left of the ring?" --head mini
  clip-tfjs vqa dog.jpg "what is the dog doing?" --answers "sleeping,running,eating" --model ViT-B/32
  clip-tfjs vqa train --out vqa.safetensors
  clip-tfjs vqa eval --head mini`,
    )
    .action(run);
  registerVqaTrain(command);
  registerVqaEval(command);
}

async function run(image: string, question: string, options: Options): Promise<void> {
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const { checkQuestion, readQuestion } = await import('../tasks/vqa/question.ts');
  const answers = options.answers?.split(',').map((answer) => answer.trim());
  if (options.head === undefined)
    readQuestion(question, answers); // told before a model is loaded for it
  else checkQuestion(question);
  const picture = await readPicture(image);
  const loaded = await loadModel(options);
  const found = await answersOf(loaded, options.head);
  const best = await found(picture, question, { answers, top: options.top });
  if (options.json) {
    const { name: model, backend } = loaded;
    printJson({
      model,
      backend,
      image,
      ...(options.head && { head: options.head }),
      question,
      answers: best,
    });
    return;
  }
  const width = Math.max(16, ...best.map(({ answer }) => answer.length));
  for (const { answer, probability } of best) {
    printLine(`${answer.padStart(width)}: ${percent(probability)}`);
  }
}

type Asking = typeof import('../tasks/vqa/answer.ts').answerQuestion;
type Asked = Parameters<Asking> extends [LoadedModel, ...infer Rest] ? Rest : never;

/** What answers: statements, or a head. */
async function answersOf(
  loaded: LoadedModel,
  head: string | undefined,
): Promise<(...asked: Asked) => Promise<Answer[]>> {
  if (head === undefined) {
    const { answerQuestion } = await import('../tasks/vqa/answer.ts');
    return (...asked) => answerQuestion(loaded, ...asked);
  }
  const { openFusion } = await import('../tasks/vqa/fusion-file.node.ts');
  const { answerWithHead } = await import('../tasks/vqa/answer-with-head.ts');
  const saved = await openFusion(head, loaded);
  return (picture, question, options) => answerWithHead(loaded, picture, question, saved, options);
}
