// A picture made from a text, and what two models say of it:
//
//   npx tsx examples/generate.ts ["a blue star"] [out.png]
import { writeFileSync } from 'node:fs';
import { FINE_NAMES, load, pictureFigure } from '../src/index.ts'; // 'clip-tfjs' in your own project
import { generatePicture, judgePicture } from '../src/tasks/generate/index.node.ts'; // 'clip-tfjs/generate'

const [text = 'a blue star', out = 'generated.png'] = process.argv.slice(2);

// 1. The model whose encoder is read backwards, and one that was trained apart from it.
const [model, judge] = [await load('mini'), await load('judge')];

// 2. The picture: an outline on a ground, moved and coloured by the gradient until the encoder finds them like the text.
const { picture, cosine, seconds } = await generatePicture(model, text, {
  by: 'shapes', // or fourier, or pixels
  steps: 150,
  seed: 1,
  onStep: ({ step, steps, cosine }) => {
    if (step % 30 === 0) console.log(`step ${step} of ${steps}: cosine ${cosine.toFixed(3)}`);
  },
});
console.log(`${seconds.toFixed(1)} s, cosine ${cosine.toFixed(3)}`);

// 3. That the first model likes it says little. What does the other one see?
for (const one of [model, judge]) {
  const { top } = await judgePicture(one, picture, FINE_NAMES, text);
  console.log(
    `${one.name}: ${top.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join(', ')}`,
  );
}
writeFileSync(out, pictureFigure(picture, text));
