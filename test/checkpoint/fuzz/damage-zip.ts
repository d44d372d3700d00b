// Damage that knows zip archives: fields that lie, and archives that are right but hold other members.
import type { Field } from '../layout.ts';
import { type ZipPart, zipOf } from '../zip-writer.ts';
import { interestingNumber, pick, type Random } from './damage.ts';

/** A copy with one to three fields set to other numbers: sizes, offsets, counts, checksums, lengths, signatures. */
export function lieInFields(bytes: Uint8Array, layout: readonly Field[], random: Random): Uint8Array {
  const copy = bytes.slice();
  const numbers = layout.filter(
    ({ what, start, end }) => end - start <= 8 && !/: (name|data|extra)$/.test(what),
  );
  const edges = layout.flatMap(({ start, end }) => [start, end, end - start]);
  for (let lies = 1 + random(3); lies > 0; lies--) {
    // Half of the lies go where there are few fields: the directory and the end.
    const rare = numbers.filter(({ what }) => /^(end|locator|directory)/.test(what));
    const { start, end } = pick(random, random(2) ? rare : numbers);
    const value = interestingNumber(random, edges);
    for (let at = start; at < end; at++) copy[at] = Number((value >> BigInt(8 * (at - start))) & 255n);
  }
  return copy;
}

const NAMES = [
  '',
  '/',
  '../x',
  'a\\..\\b',
  '/etc/passwd',
  'x\0y',
  'data.pkl',
  'a/data.pkl',
  'm/',
  'é',
  '\n',
  'n'.repeat(600),
  'C:\\x',
  '.',
];

/** The archive made again after one to three changes to its members; its checksums are right unless it lies. */
export function otherMembers(parts: readonly ZipPart[], random: Random): Uint8Array {
  const made = parts.map((part) => ({ ...part }));
  for (let changes = 1 + random(3); changes > 0 && made.length > 0; changes--) {
    const at = random(made.length);
    const part = made[at]!;
    const other = pick(random, made);
    const kind = random(10);
    if (kind === 0) made.splice(at, 1);
    else if (kind === 1) made.splice(random(made.length), 0, { ...part });
    else if (kind === 2) part.name = random(2) ? other.name : pick(random, NAMES);
    else if (kind === 3) [part.content, other.content] = [other.content, part.content];
    else if (kind === 4) part.content = part.content.subarray(0, random(part.content.length + 1));
    else if (kind === 5) part.content = Uint8Array.of(...part.content.subarray(0, 4096), random(256));
    else if (kind === 6) part.deflate = !part.deflate;
    else if (kind === 7) part.zip64 = !part.zip64;
    else if (kind === 8) part.localName = random(2) ? other.name : pick(random, NAMES);
    else part.lie = lie(part, random);
  }
  const end = random(4) ? {} : { zip64: random(2) === 1, ...(random(2) && { count: random(70_000) }) };
  return zipOf(made, end);
}

function lie(part: ZipPart, random: Random): ZipPart['lie'] {
  const key = pick(random, ['crc', 'size', 'compressedSize', 'offset', 'method', 'flags'] as const);
  const near = [part.content.length, 0, 8];
  const value = interestingNumber(random, near);
  const most = key === 'method' || key === 'flags' ? 0xffffn : part.zip64 ? (1n << 53n) - 1n : 0xffffffffn;
  return { ...part.lie, [key]: Number(value > most ? most : value) };
}
