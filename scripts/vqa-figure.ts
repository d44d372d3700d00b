// docs/figures/vqa.png: scenes of the test split, what is asked about them, what is true and what the embedded model says.
//
//   npx tsx scripts/vqa-figure.ts [OUT.png] [FIRST]
import { writeFileSync } from 'node:fs';
import { ANSWERS } from '../src/data/shapes/questions.ts';
import { questionsFigure } from '../src/figure/questions-figure.ts';
import { answerQuestion, answerWithHead, load, openFusion, questionedScene } from '../src/index.ts';

const [out = 'docs/figures/vqa.png', first = '0'] = process.argv.slice(2);
const SCENES = 8;

const loaded = await load();
const head = await openFusion('mini', loaded);
const pictures = [];
for (let index = Number(first); index < Number(first) + SCENES; index++) {
  const { image, questions } = questionedScene('test', index);
  const asked = [];
  for (const { kind, question, answer } of questions) {
    const [byHead] = await answerWithHead(loaded, image, question, head, { top: 1 });
    const answers = ANSWERS[kind];
    const [byStatements] = await answerQuestion(loaded, image, question, { answers, top: 1 });
    asked.push({ question, answer, given: [byHead!.answer, byStatements!.answer] });
  }
  pictures.push({ picture: image, questions: asked });
}
loaded.release();
const title = `Test scenes ${first} to ${Number(first) + SCENES - 1}, and what the embedded model answers`;
writeFileSync(out, questionsFigure(title, ['head', 'zero-shot'], pictures));
console.log(out);
