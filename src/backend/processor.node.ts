// What this machine's processor can do.
import { readFileSync } from 'node:fs';

/** Linux's words for it, such as avx2; undefined where it does not tell. */
export function processorFeatures(file: string = '/proc/cpuinfo'): string[] | undefined {
  try {
    const [, words] = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
    return words?.trim().split(/\s+/);
  } catch {
    return undefined;
  }
}
