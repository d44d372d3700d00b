// The time a person waits: `clip-tfjs classify` on a small picture with the embedded model and a hundred labels, from the
// start of the process to its answer.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from '../data/pictures/encode-png.node.ts';
import { shapesTest } from '../data/shapes/shapes.ts';
import { bytesOf } from './numbers.ts';
import { ownVersion } from './programs.node.ts';
import type { Answers, SubjectName } from './work.ts';

const PICTURE = 658; // of Shapes-100's test split; PyTorch with these weights names it rightly
const RUNS = 3;
/** Says at its end how much memory it took. */
const WATCH = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write('\\nmaxRSS ' + process.resourceUsage().maxRSS));",
)}`;

/** The command line beside this file: source or built. */
function commandLine(): string[] {
  const isSource = import.meta.url.endsWith('.ts');
  const main = fileURLToPath(new URL(`../cli/main.${isSource ? 'ts' : 'js'}`, import.meta.url));
  return [...(isSource ? ['--import', import.meta.resolve('tsx')] : []), main];
}

/** Starts it several times. The output is 1 where the answer is right, else 0. */
export async function coldStart(engine: SubjectName, threads: number, folder: string): Promise<Answers> {
  const { image, fineNames, fineLabels } = shapesTest();
  const { data, width, height } = image(PICTURE);
  const [picture, labels] = [join(folder, 'picture.png'), join(folder, 'labels.txt')];
  writeFileSync(picture, encodePng(data as Uint8Array, width, height));
  writeFileSync(labels, fineNames.join('\n'));
  const how = ['--backend', engine, '--threads', String(threads), '--json'];
  const args = [...commandLine(), 'classify', picture, '--labels-file', labels, ...how];
  const [times, peaks]: [number[], number[]] = [[], []];
  let isRight = true;
  for (let run = 0; run < RUNS; run++) {
    const { stdout, stderr, milliseconds } = await timed(args);
    if (stdout === '') {
      const reason = stderr.split('\n').find((line) => line.startsWith('clip-tfjs: ')) ?? 'it gave no answer';
      return { version: undefined, items: [], reason: reason.replace('clip-tfjs: ', '') };
    }
    isRight &&= JSON.parse(stdout).results[0].predictions[0].label === fineNames[fineLabels[PICTURE]!];
    times.push(milliseconds);
    peaks.push(Number(/maxRSS (\d+)/.exec(stderr)?.[1] ?? 0) / 1024);
  }
  const output = bytesOf(Float32Array.of(Number(isRight)));
  const item = { work: 'cold-start', batch: 1, times, rssMB: Math.max(...peaks), output } as const;
  return { version: ownVersion(), items: [item] };
}

/** One process: what it says, and the milliseconds to its first word on stdout. */
function timed(args: readonly string[]): Promise<{ stdout: string; stderr: string; milliseconds: number }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let [stdout, stderr, milliseconds] = ['', '', 0];
    const child = spawn(process.execPath, ['--import', WATCH, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      milliseconds ||= performance.now() - start;
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', () => resolve({ stdout: stdout.trim(), stderr, milliseconds }));
  });
}
