// Several labels at once, each scored for itself:
//
//   npx tsx examples/multi-label.ts
//
// A softmax shares one probability out among the labels; here the colour and the shape are both wanted. On 510 training
// pictures of Shapes-100 it is learned at which cosine each label is true.
import {
  calibrateHead,
  independentScores,
  knownLabels,
  labelScores,
  load,
  type PictureSet,
  shapesTest,
  shapesTrain,
  zeroShotHead,
} from '../src/index.ts'; // 'clip-tfjs' in your own project

const labels = ['red', 'green', 'blue', 'yellow', 'circle', 'square', 'star', 'heart'];
const loaded = await load();

// 1. The labels' texts, and pictures of which the labels are known by the names of their classes.
const texts = await zeroShotHead(loaded, labels);
const pictures = shapesTrain();
const train: PictureSet = {
  name: 'shapes',
  count: 510,
  fingerprint: '',
  classes: pictures.fineNames,
  labels: pictures.fineLabels,
  source: (index) => ({ picture: pictures.image(index) }),
};
const head = await calibrateHead(texts, await knownLabels(loaded, train, labels));

// 2. A probability for each label by itself.
const test = shapesTest();
for (const index of [19, 44, 98]) {
  const [scores] = await independentScores(loaded, [test.image(index)], head);
  const given = labelScores(labels, scores!, 0.5).filter(({ isOver }) => isOver);
  const said = given.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(', ');
  console.log(`${test.fineNames[test.fineLabels[index]!]}: ${said || 'none of the labels'}`);
}
texts.features.dispose();
loaded.release();
