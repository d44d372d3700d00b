// Pictures in words, by the decoder that comes with the embedded model:
//
//   npx tsx examples/caption.ts [PICTURE…]
//
// Without pictures: the first eight of the test split of Shapes-100. `clip-tfjs caption train` makes decoders for other models.
import { captionPictures, load, loadDecoder, openPictures } from '../src/index.ts'; // 'clip-tfjs' in your own project

const paths = process.argv.slice(2);
const loaded = await load();
const decoder = await loadDecoder(loaded); // a path too: loadDecoder(loaded, 'photos.safetensors')
const all = await openPictures(paths.length > 0 ? paths : ['shapes'], 'test');
const set = { ...all, count: paths.length > 0 ? all.count : 8 };

const { results, broken } = await captionPictures(loaded, decoder, set);
for (const { picture, caption, probability } of results) {
  console.log(`${picture}: ${caption}  (${(100 * probability).toFixed(1)}%)`);
}
for (const { name, reason } of broken) console.log(`${name}: ${reason}`);
decoder.release();
loaded.release();
