// A process that encodes one picture again and again on the engine native, hears a signal meanwhile, and says how often the
// feature was another one. It says "ready" before.
import { load, shapesTest } from '../../../src/index.ts';

const TIMES = 150;
const { model, preprocess } = await load('mini', { backend: 'native' });
const image = preprocess(shapesTest().image(0)); // [1, 3, 32, 32]
const encode = (): string => {
  const feature = model.encodeImage(image); // [1, 128]
  const values = feature.dataSync().join();
  feature.dispose();
  return values;
};
let signals = 0;
process.on('SIGWINCH', () => {
  signals += 1;
});
const first = encode();
process.stdout.write('ready\n');
let others = 0;
for (let i = 0; i < TIMES; i++) {
  if (encode() !== first) others += 1;
  await new Promise(setImmediate); // so that signals are heard
}
console.log(JSON.stringify({ others, signals }));
