// ONNX Runtime, native and as WebAssembly, on the graphs that PyTorch exported.
import { readFile } from 'node:fs/promises';
import type { Task } from '../work.ts';
import { exportedFile, type Library, requirePeer } from './peers.node.ts';
import type { Subject, Towers } from './subject.ts';

export async function onnxruntime({ subject, exported, peers, threads }: Task): Promise<Subject> {
  const { library: ort, version } = requirePeer(peers, subject);
  const paths = ['vision', 'text'].map((tower) => exportedFile(exported, 'onnx', `${tower}_model.onnx`));
  const open =
    subject === 'onnxruntime-web'
      ? async (path: string) =>
          ort.InferenceSession.create(await readFile(path), { executionProviders: ['wasm'] })
      : (path: string) => ort.InferenceSession.create(path, { intraOpNumThreads: threads });
  if (subject === 'onnxruntime-web') ort.env.wasm.numThreads = threads;
  return {
    version,
    load: async () => {
      const [vision, text] = [await open(paths[0]!), await open(paths[1]!)];
      return towers(ort, vision, text);
    },
  };
}

function towers(ort: Library, vision: Library, text: Library): Towers {
  return {
    image: (pixels, batch) => {
      const side = Math.sqrt(pixels.length / batch / 3);
      const feeds = { pixel_values: new ort.Tensor('float32', pixels, [batch, 3, side, side]) };
      return async () => (await vision.run(feeds)).image_embeds.data;
    },
    text: (ids, batch, length) => {
      const feeds = { input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [batch, length]) };
      return async () => (await text.run(feeds)).text_embeds.data;
    },
  };
}
