// A server in this process, on any port that is free, and two requests to it:
//
//   npx tsx examples/serve.ts [MODEL]
import { encodePng } from '../src/data/pictures/encode-png.node.ts'; // or any picture file's bytes
import { load, shapesTest } from '../src/index.ts'; // 'clip-tfjs' in your own project
import { createServer } from '../src/serve/index.node.ts'; // 'clip-tfjs/serve'

const loaded = await load(process.argv[2]);
const server = await createServer(loaded, { limits: { queue: 64 } });
const address = await server.listen({ port: 0 }); // of this machine only
console.log(`${loaded.name} on ${loaded.backend}`);

const { data, width, height } = shapesTest().image(658);
const picture = encodePng(data as Uint8Array, width, height);

async function ask(path: string, body: object): Promise<Record<string, never>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(address + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, never>;
}

// 1. Features: little-endian float32 in base64, of length 1, so that a dot product is a cosine.
const base64 = Buffer.from(picture).toString('base64');
const { texts, pictures } = await ask('/embed', { texts: ['a photo of a white star'], pictures: [base64] });
const row = (text: string): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer); // [E]
const [text, image] = [row(texts![0]!), row(pictures![0]!)];
console.log('cosine:', text.reduce((sum, value, i) => sum + value * image[i]!, 0).toFixed(4));

// 2. Labels, most probable first.
const labels = ['white star', 'white arrow', 'red ring'];
console.log(await ask('/classify', { picture: base64, labels }));

await server.close(); // answers what was asked before
loaded.release();
