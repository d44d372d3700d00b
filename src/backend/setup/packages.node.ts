// npm's part: the source of TensorFlow.js's Node binding with the little it needs, fetched as files. Nothing is
// installed, so no install script runs, and of each package there is exactly the version that was tested.

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClipError } from '../../errors.ts';
import type { NpmPackage, Recipe } from './recipe.ts';
import { run } from './run.node.ts';

/** Puts each package into `folder` under its name. */
export async function fetchPackages(
  { packages: { node, headers, beside } }: Recipe,
  folder: string,
  scratch: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  for (const wanted of [node, headers, ...beside]) {
    const { name, version } = wanted;
    const what = `${name} ${version} could not be fetched by npm`;
    const pack = ['pack', `${name}@${version}`, '--json', '--ignore-scripts', '--prefer-offline'];
    const few = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
    const answer = await run('npm', [...pack, ...few], {
      cwd: scratch,
      env,
      what,
      hint: 'a connection to the npm registry is needed',
    });
    const archive = join(scratch, fileNameIn(answer, what));
    await checkIntegrity(archive, wanted);

    await mkdir(join(folder, name), { recursive: true });
    const unpack = ['-xzf', archive, '-C', join(folder, name), '--strip-components=1', '--no-same-owner'];
    await run('tar', unpack, { env, what: `${name} could not be unpacked`, hint: 'try again' });
  }
}

/** npm has said for years which file it wrote in an array, and lately in an object by package. */
function fileNameIn(answer: string, what: string): string {
  try {
    const [packed] = Object.values(JSON.parse(answer)) as { filename: string }[];
    return packed!.filename.replace('@', '').replace('/', '-'); // npm 8 and older print the name with its scope
  } catch (cause) {
    throw new ClipError(what, { expected: 'a file name in JSON', got: answer.slice(0, 80) }, { cause });
  }
}

async function checkIntegrity(archive: string, { name, version, integrity }: NpmPackage): Promise<void> {
  const got = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (got === integrity) return;
  throw new ClipError(`${name} ${version} is not what was published`, {
    expected: integrity,
    got,
    hint: 'is another npm registry configured? npm cache verify, and try again',
  });
}
