// npm run bench:setup: what `clip-tfjs bench` measures beside this program, in .bench/: the peers, a ViT-B/32 with random
// weights, and it and the embedded model in the forms that the peers read. Safe to repeat: what is there and whole stays.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isWhole, makeWhole } from '../src/backend/setup/whole-folder.node.ts';
import { HOME } from '../src/bench/programs.node.ts';
import { convert } from '../src/tasks/convert.node.ts';
import { MINI } from '../src/tasks/load.node.ts';
import { huggingFaceFiles } from './hugging-face-tokenizer.ts';

const PEERS = ['onnxruntime-node@1.30.0', 'onnxruntime-web@1.30.0', '@huggingface/transformers@4.3.1'];
/** What PyTorch's exporter needs; torch and numpy are in .venv. */
const EXPORTER = [
  'onnx==1.19.1',
  'onnxscript==0.7.2',
  'onnx_ir==1.1.0',
  'protobuf==7.36.2',
  'ml_dtypes==0.6.0',
];
const MODELS = join(HOME, 'models');
const VIT = join(MODELS, 'ViT-B-32.safetensors');
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PYTHON = join(ROOT, '.venv/bin/python');
const EXPORT = join(ROOT, 'bench/export_onnx.py');

/** Runs a program whose output is for the user's eyes; throws where it fails. */
function run(program: string, args: readonly string[], env: Record<string, string> = {}): void {
  execFileSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
}

async function folder(name: string, of: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const target = join(HOME, name);
  const start = performance.now();
  const isThere = await isWhole(target, of);
  if (!isThere) {
    console.error(`${name} …`);
    await makeWhole(target, of, fill);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name}: ${isThere ? 'already there' : 'done'} (${seconds} s)`);
}

/** A model as the peers in JavaScript read it: Hugging Face's configuration and tokenizer, ONNX files, no other weights. */
async function exportModel(model: string, target: string): Promise<void> {
  await convert(model, target, { to: 'hf', onNote: () => undefined });
  run(PYTHON, [EXPORT, target], { PYTHONPATH: join(HOME, 'python') });
  rmSync(join(target, 'model.safetensors'));
  const merges = readFileSync(join(target, 'merges.txt'), 'utf8').trimEnd().split('\n');
  const { tokenizer, config } = huggingFaceFiles(merges.filter((line) => !line.startsWith('#version')));
  await writeFile(join(target, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(target, 'tokenizer_config.json'), JSON.stringify(config));
}

await mkdir(MODELS, { recursive: true });
run('bash', ['scripts/setup-python.sh']);
await folder('peers', PEERS.join(' '), async (target) => {
  await writeFile(join(target, 'package.json'), '{ "private": true }');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  run('npm', ['install', '--prefix', target, '--save-exact', ...quiet, ...PEERS]);
});
await folder('python', EXPORTER.join(' '), async (target) => {
  run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, ...EXPORTER]);
});
if (!existsSync(VIT)) {
  run(PYTHON, [
    'scripts/make_openai_archive.py',
    'ViT-B/32',
    VIT,
    '--format',
    'safetensors',
    '--dtype',
    'fp32',
  ]);
}
const exporter = createHash('sha256').update(readFileSync(EXPORT)).digest('hex').slice(0, 12);
const made = `${exporter} ${EXPORTER[0]}`;
await folder('models/ViT-B-32', made, (target) => exportModel(VIT, target));
await folder('models/mini', made, (target) => exportModel(MINI, target));
