// @huggingface/transformers as its documentation uses it, batch after batch, to features in a file: what bench/embed.ts
// runs beside clip-tfjs. Arguments: PEERS EXPORTED pictures|texts INPUT OUT BATCH THREADS; prints {load, seconds, count}.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [peers, exported, what, input, out, batch, threads] = process.argv.slice(2);
const entry = createRequire(join(resolve(peers), 'package.json')).resolve('@huggingface/transformers');
const {
  AutoProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  RawImage,
} = await import(pathToFileURL(entry).href);

const began = performance.now();
env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(exported));
const name = basename(exported);
const options = { dtype: 'fp32', device: 'cpu', session_options: { intraOpNumThreads: Number(threads) } };
const items =
  what === 'texts' ? readFileSync(input, 'utf8').trimEnd().split('\n') : readdirSync(input).sort();
const encode = what === 'texts' ? await textEncoder() : await pictureEncoder();
const loaded = performance.now();
const parts = [];
for (let start = 0; start < items.length; start += Number(batch)) {
  parts.push(Buffer.from((await encode(items.slice(start, start + Number(batch)))).buffer));
}
writeFileSync(out, Buffer.concat(parts));
const seconds = (performance.now() - loaded) / 1000;
console.log(JSON.stringify({ load: (loaded - began) / 1000, seconds, count: items.length }));
process.exit(0);

async function textEncoder() {
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await CLIPTextModelWithProjection.from_pretrained(name, options);
  return async (texts) => {
    const tokens = tokenizer(texts, { padding: true, truncation: true });
    return Float32Array.from((await model({ input_ids: tokens.input_ids })).text_embeds.data);
  };
}

async function pictureEncoder() {
  const processor = await AutoProcessor.from_pretrained(name);
  const model = await CLIPVisionModelWithProjection.from_pretrained(name, options);
  return async (files) => {
    const images = await Promise.all(files.map((file) => RawImage.read(join(input, file))));
    return Float32Array.from((await model(await processor(images))).image_embeds.data);
  };
}
