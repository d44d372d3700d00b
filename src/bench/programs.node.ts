// Which programs there are here, and how each is started.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MINI } from '../tasks/load.node.ts';
import type { Command } from './ask.node.ts';
import { SUBJECTS, type SubjectName, type Work } from './work.ts';

/** Where `npm run bench:setup` puts the peers and the models. */
export const HOME: string = fileURLToPath(new URL('../../.bench/', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PYTHON = join(ROOT, '.venv/bin/python');
const PYTORCH = join(ROOT, 'bench/pytorch_peer.py');

/** This program's. */
export function ownVersion(): string {
  return createRequire(import.meta.url)('../../package.json').version;
}

/** The ViT-B/32 that `npm run bench:setup` made, or else the embedded model. */
export function defaultModel(): string {
  const made = join(HOME, 'models/ViT-B-32.safetensors');
  return existsSync(made) ? made : MINI;
}

/** All, but for the engine of plain JavaScript where it would take hours. */
export function defaultSubjects(model: string): SubjectName[] {
  return SUBJECTS.filter((name) => name !== 'cpu' || model === MINI);
}

const CAN: Readonly<Record<string, readonly Work[]>> = {
  'onnxruntime-node': ['load', 'image', 'text', 'text-trimmed'],
  'onnxruntime-web': ['load', 'image', 'text', 'text-trimmed'],
  'transformers.js': ['load', 'preprocess', 'tokenize', 'image', 'text', 'text-trimmed'],
  pytorch: ['load', 'preprocess', 'tokenize', 'image', 'text', 'train'],
};

/** Whether it is worth asking; plain JavaScript takes minutes for a training step, and seconds for a hundred labels. */
export function can(subject: SubjectName, work: Work): boolean {
  if (subject === 'cpu') return work !== 'train' && work !== 'cold-start';
  return CAN[subject]?.includes(work) ?? true;
}

/** How it is started, or why it cannot be. PyTorch's libraries look here for their threads before they are told. */
export function commandOf(subject: SubjectName, threads: number): Command | string {
  if (subject === 'pytorch') {
    if (!existsSync(PYTORCH)) return 'it comes with the repository, not with the npm package';
    if (!existsSync(PYTHON)) return 'there is no .venv (npm run bench:setup)';
    const env = { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) };
    return { program: PYTHON, args: [PYTORCH], env };
  }
  const isSource = import.meta.url.endsWith('.ts');
  const script = fileURLToPath(new URL(`./subjects/process.node.${isSource ? 'ts' : 'js'}`, import.meta.url));
  const loader = isSource ? ['--import', import.meta.resolve('tsx')] : [];
  return { program: process.execPath, args: [...loader, script] };
}
