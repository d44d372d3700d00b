// Questions about a picture, in two ways: by statements, with nothing trained, and by the head that comes with the embedded
// model.
//
//   npx tsx examples/vqa.ts [PICTURE]
import {
  answerQuestion,
  answerWithHead,
  load,
  openFusion,
  questionedScene,
  readPicture,
} from '../src/index.ts'; // 'clip-tfjs' in your own project

const [path] = process.argv.slice(2);

// 1. A picture: one of yours, or a drawn scene of several shapes, with questions whose answers are known.
const scene = questionedScene('test', 6);
const picture = path === undefined ? scene.image : await readPicture(path);

// 2. The embedded model, and the head that was trained on its features.
const loaded = await load();
const head = await openFusion('mini', loaded);

// 3. The best answer of each.
for (const { question, answer: truth } of scene.questions) {
  const [byStatements] = await answerQuestion(loaded, picture, question, { top: 1 });
  const [byHead] = await answerWithHead(loaded, picture, question, head, { top: 1 });
  const told = path === undefined ? ` (it is ${truth})` : '';
  console.log(`${question}${told}`);
  console.log(`  statements: ${byStatements!.answer}, ${(100 * byStatements!.probability).toFixed(1)} %`);
  console.log(`  head:       ${byHead!.answer}, ${(100 * byHead!.probability).toFixed(1)} %`);
}
loaded.release();
