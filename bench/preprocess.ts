// A decoded 640×480 RGB picture → float32 [3,224,224]: ours beside two Python pipelines, each in one thread:
// torchvision's, as OpenAI's clip._transform runs it, and a lean one of Pillow and numpy alone.
// Rounds alternate; a round's time is the median of its calls, and the table shows the median of the rounds.
//   npx tsx bench/preprocess.ts [--json]
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { preprocess } from '../src/data/pictures/preprocess.ts';
import { generate } from '../test/data/pictures/generate-picture.ts';

const [WIDTH, HEIGHT, SIZE, SEED] = [640, 480, 224, 6];
const [ROUNDS, CALLS] = [15, 40];

const PEER = `
import statistics, sys, time, types, warnings
warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")
sys.path.insert(0, "scripts")
import numpy as np, torch, clip.clip
from PIL import Image
from record_pictures import generate
torch.set_num_threads(1)
picture = generate("RGB", ${WIDTH}, ${HEIGHT}, ${SEED})
transform = clip.clip._transform(${SIZE})
mean = np.array((0.48145466, 0.4578275, 0.40821073), dtype=np.float32)
std = np.array((0.26862954, 0.26130258, 0.27577711), dtype=np.float32)

def lean():
    width = int(${SIZE} * picture.width / picture.height)
    resized = picture.resize((width, ${SIZE}), Image.BICUBIC)
    left = round((width - ${SIZE}) / 2)
    pixels = np.asarray(resized.crop((left, 0, left + ${SIZE}, ${SIZE})))
    values = (pixels.astype(np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(values.transpose(2, 0, 1))

assert np.array_equal(lean(), transform(picture).numpy())
peers = {"torchvision": lambda: transform(picture), "pillow+numpy": lean}
for line in sys.stdin:
    call, times = peers[line.strip()], []
    for _ in range(${CALLS}):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    print(statistics.median(times) * 1000, flush=True)
`;

import { median } from '../src/bench/statistics.ts';

function timeOurs(): number {
  const times: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const start = performance.now();
    preprocess(picture, SIZE);
    times.push(performance.now() - start);
  }
  return median(times);
}

const picture = generate('RGB', WIDTH, HEIGHT, SEED);
const peer: ChildProcessWithoutNullStreams = spawn('.venv/bin/python', ['-c', PEER], {
  env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
});
peer.stderr.pipe(process.stderr);
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
async function timePeer(name: string): Promise<number> {
  peer.stdin.write(`${name}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('the Python peer ended early; is .venv there?');
  return Number(value);
}

const names = ['ours', 'torchvision', 'pillow+numpy'] as const;
const rounds: Record<(typeof names)[number], number[]> = { ours: [], torchvision: [], 'pillow+numpy': [] };
for (let round = 0; round <= ROUNDS; round++) {
  for (const name of names) {
    const milliseconds = name === 'ours' ? timeOurs() : await timePeer(name);
    if (round > 0) rounds[name].push(milliseconds); // round 0 warms up
  }
}
peer.stdin.end();

const ours = median(rounds.ours);
const results = names.map((name) => {
  const milliseconds = median(rounds[name]);
  return { name, milliseconds, ratio: milliseconds / ours };
});
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ picture: `${WIDTH}×${HEIGHT}`, size: SIZE, rounds: ROUNDS, results }));
} else {
  console.log(`${WIDTH}×${HEIGHT} RGB → [3,${SIZE},${SIZE}], median of ${ROUNDS} rounds of ${CALLS}`);
  for (const { name, milliseconds, ratio } of results) {
    console.log(`${name.padEnd(14)} ${milliseconds.toFixed(3).padStart(8)} ms   ${ratio.toFixed(2)} × ours`);
  }
}
