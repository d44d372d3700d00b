// Hugging Face's transformers.js, on the same graphs, with its own tokenizer and preprocessing.
import { basename, dirname } from 'node:path';
import { HEIGHT, WIDTH } from '../inputs.node.ts';
import type { Task } from '../work.ts';
import { exportedFile, requirePeer } from './peers.node.ts';
import type { Subject } from './subject.ts';

export async function transformers({ exported, peers, threads }: Task): Promise<Subject> {
  const { library, version } = requirePeer(peers, '@huggingface/transformers');
  const { env, RawImage, Tensor } = library;
  exportedFile(exported, 'tokenizer.json');
  env.allowRemoteModels = false;
  env.localModelPath = dirname(exported);
  const options = { dtype: 'fp32', device: 'cpu', session_options: { intraOpNumThreads: threads } };
  const open = (what: string) => library[what].from_pretrained(basename(exported), options);
  return {
    version,
    load: async () => {
      const vision = await open('CLIPVisionModelWithProjection');
      const text = await open('CLIPTextModelWithProjection');
      const tokenizer = await open('AutoTokenizer');
      const processor = await open('AutoProcessor');
      return {
        image: (pixels, batch) => {
          const side = Math.sqrt(pixels.length / batch / 3);
          const pixel_values = new Tensor('float32', pixels, [batch, 3, side, side]);
          return async () => (await vision({ pixel_values })).image_embeds.data;
        },
        text: (ids, batch, length) => {
          const input_ids = new Tensor('int64', BigInt64Array.from(ids, BigInt), [batch, length]);
          return async () => (await text({ input_ids })).text_embeds.data;
        },
        preprocess: (picture) => {
          const image = new RawImage(new Uint8ClampedArray(picture), WIDTH, HEIGHT, 3);
          return async () => (await processor(image)).pixel_values.data;
        },
        tokenize: (texts) => async () => Float32Array.from(texts.flatMap((line) => tokenizer.encode(line))),
      };
    },
  };
}
