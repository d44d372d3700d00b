// docs/figures/vqa.png: scenes of the test split, what is asked about them, what is true and what the embedded model says.
//
//   npx tsx scripts/vqa-figure.ts [OUT.png] [FIRST]
import sharp from 'sharp';
import { writeFileAtomic } from '../src/data/bytes/write-file.node.ts';
import { ANSWERS } from '../src/data/shapes/questions.ts';
import { questionsFigure } from '../src/figure/questions-figure.ts';
import { answerQuestion, answerWithHead, load, openFusion, questionedScene } from '../src/index.ts';

const [out = 'docs/figures/vqa.png', first = '0'] = process.argv.slice(2);
const SCENES = 6;

const loaded = await load();
const head = await openFusion('mini', loaded);
const pictures = [];
for (let index = Number(first); index < Number(first) + SCENES; index++) {
  const { image, questions } = questionedScene('test', index);
  const asked = [];
  for (const { kind, question, answer } of questions) {
    const [byStatements] = await answerQuestion(loaded, image, question, { answers: ANSWERS[kind], top: 1 });
    const [byHead] = await answerWithHead(loaded, image, question, head, { top: 1 });
    asked.push({ question, answer, given: [byStatements!.answer, byHead!.answer] });
  }
  pictures.push({ picture: image, questions: asked });
}
loaded.release();
const title = `Test scenes ${first} to ${Number(first) + SCENES - 1}, and what the embedded model answers`;
const drawn = questionsFigure(title, ['zero-shot', 'head'], pictures);
await writeFileAtomic(out, await sharp(drawn).png({ palette: true, effort: 10 }).toBuffer()); // a third as many bytes
console.log(out);
