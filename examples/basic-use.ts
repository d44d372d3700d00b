// The article's basic use, in its four steps:
//
//   npx tsx examples/basic-use.ts [MODEL] [PICTURE]
//
// MODEL is one of OpenAI's names or a checkpoint's path; the engine is the best one found here.
import { availableModels, load, readPicture, similarity } from '../src/index.ts'; // 'clip-tfjs' in your own project

const [name = 'ViT-B/32', path = 'CLIP.png'] = process.argv.slice(2);

// 1. Load a model with its preprocessing.
console.log(`models known by name: ${availableModels().join(', ')}`);
const { model, preprocess, tokenize, backend, release } = await load(name);
console.log(`loaded ${name} on ${backend}`);

// 2. A picture becomes a batch of one, descriptions become rows of token ids.
const image = preprocess(await readPicture(path)); // [1, 3, R, R]
const text = tokenize(['a diagram', 'a dog', 'a cat']); // [3, L]

// 3. Both are encoded into the same space.
const imageFeatures = model.encodeImage(image); // [1, E]
const textFeatures = model.encodeText(text); // [3, E]

// 4. Texts times pictures: how alike each pair is.
const cosines = similarity(textFeatures, imageFeatures); // [3, 1]
console.log('cosines:', Array.from(await cosines.data(), (cosine) => cosine.toFixed(4)).join(' '));
release();
