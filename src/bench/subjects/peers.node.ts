// Libraries out of the folder that the peers are installed in, of which no types are known here.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ClipError } from '../../errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: the packages are no dependencies of this one
export type Library = any;

const HINT = 'npm run bench:setup, in the repository, puts it there';

/** Throws ClipError where it is not installed, or only in part. */
export function requirePeer(folder: string, name: string): { library: Library; version: string } {
  const manifest = join(folder, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) throw new ClipError(`${name} is not installed`, { hint: HINT });
  try {
    const library = createRequire(join(folder, 'package.json'))(name);
    return { library, version: JSON.parse(readFileSync(manifest, 'utf8')).version };
  } catch (error) {
    const got = (error as Error).message.split('\n')[0];
    throw new ClipError(`${name} does not start`, { got, hint: HINT });
  }
}

/** A file of the exported model. Throws ClipError where it is not there. */
export function exportedFile(folder: string, ...path: string[]): string {
  const file = join(folder, ...path);
  if (existsSync(file)) return file;
  throw new ClipError('the model is not there as the peers read it', { expected: file, hint: HINT });
}
