// docs/figures/vqa.png: scenes of the test split, what is asked about them, what is true and what the embedded model says.
//
//   npx tsx scripts/vqa-figure.ts [OUT.png] [FIRST]
import { existsSync, writeFileSync } from 'node:fs';
import { ANSWERS } from '../src/data/shapes/questions.ts';
import { questionsFigure } from '../src/figure/questions-figure.ts';
import { answerQuestion, answerWithHead, load, openFusion, questionedScene } from '../src/index.ts';
import { MINI_HEAD } from '../src/tasks/vqa/fusion-file.node.ts';

const [out = 'docs/figures/vqa.png', first = '0'] = process.argv.slice(2);
const SCENES = 6;

const loaded = await load();
const head = existsSync(MINI_HEAD) ? await openFusion('mini', loaded) : undefined;
const pictures = [];
for (let index = Number(first); index < Number(first) + SCENES; index++) {
  const { image, questions } = questionedScene('test', index);
  const asked = [];
  for (const { kind, question, answer } of questions) {
    const byHead = head ? await answerWithHead(loaded, image, question, head, { top: 1 }) : [];
    const answers = ANSWERS[kind];
    const [byStatements] = await answerQuestion(loaded, image, question, { answers, top: 1 });
    asked.push({ question, answer, given: [byStatements!, ...byHead].map((one) => one.answer) });
  }
  pictures.push({ picture: image, questions: asked });
}
loaded.release();
const title = `Test scenes ${first} to ${Number(first) + SCENES - 1}, and what the embedded model answers`;
writeFileSync(out, questionsFigure(title, head ? ['zero-shot', 'head'] : ['zero-shot'], pictures));
console.log(out);
