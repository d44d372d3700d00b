// safetensors files: 8 bytes with the header's length, the header (JSON: name → dtype, shape, data_offsets), the numbers.
// https://huggingface.co/docs/safetensors/index#format
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { ClipError } from '../errors.ts';
import { type DType, ITEM_SIZE } from './dtype.ts';
import { topLevelKeys } from './json-keys.ts';
import { type Checkpoint, countOf, StoredTensor } from './stored-tensor.ts';

/** The format's own limit. */
const LARGEST_HEADER = 100_000_000;

/** The header's length if the file can be safetensors, else undefined: 8 bytes are little to know a format by. */
export function safetensorsHeaderLength(start: Uint8Array, size: number): number | undefined {
  if (start.length < 9 || start[8] !== 0x7b) return undefined; // a JSON object begins with {
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  return length <= LARGEST_HEADER && 8 + length <= size ? length : undefined;
}

/** Opens a safetensors file and checks its header: every byte behind it belongs to exactly one tensor. */
export async function openSafetensors(source: ByteSource): Promise<Checkpoint> {
  const file = source.name ?? 'checkpoint';
  const length = safetensorsHeaderLength(await source.read(0, Math.min(9, source.size)), source.size);
  if (length === undefined) {
    throw new ClipError(`${file}: the safetensors header`, {
      expected: `a JSON object of at most ${Math.max(0, source.size - 8)} bytes`,
      got: 'another length, or no JSON',
      hint: 'the file is cut off, or another format',
    });
  }
  const header = parseHeader(await source.read(8, 8 + length), file);
  const start = 8 + length;
  const tensors = new Map<string, StoredTensor>();
  const ranges: Range[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, begin, end } = parseEntry(name, value, file);
    ranges.push({ name, begin, end });
    tensors.set(
      name,
      new StoredTensor(name, dtype, shape, (into) => source.read(start + begin, start + end, into)),
    );
  }
  checkRanges(ranges, source.size - start, file);
  return { format: 'safetensors', tensors, metadata: parseMetadata(header.__metadata__, file) };
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  const damaged = (got: string, cause?: unknown) =>
    new ClipError(`${file}: the safetensors header`, { expected: 'a JSON object', got }, { cause });
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw damaged('text that does not parse', error);
  }
  if (!isObject(header)) throw damaged('another value');
  // JSON.parse lets the last of two equal names win, silently.
  const names = topLevelKeys(text);
  if (names.length !== Object.keys(header).length) {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    throw new ClipError(`${file}: two tensors are called ${twice}`);
  }
  return header;
}

function parseEntry(name: string, value: unknown, file: string) {
  const what = `${file}: tensor ${name}`;
  const isCounts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (!isObject(value) || !isCounts(value.shape) || !isCounts(value.data_offsets)) {
    throw new ClipError(what, {
      expected: 'dtype, shape and data_offsets',
      got: JSON.stringify(value).slice(0, 100),
    });
  }
  const dtype = value.dtype;
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_SIZE, dtype)) {
    throw new ClipError(`${what}: dtype`, {
      expected: Object.keys(ITEM_SIZE).join(', '),
      got: String(dtype),
    });
  }
  const [begin = 0, end = 0] = value.data_offsets;
  const bytes = countOf(value.shape) * ITEM_SIZE[dtype as DType];
  if (value.data_offsets.length !== 2 || end - begin !== bytes) {
    throw new ClipError(`${what}: ${dtype} [${value.shape}]`, {
      expected: `${bytes} bytes`,
      got: `offsets ${value.data_offsets.join(', ')}`,
    });
  }
  return { dtype: dtype as DType, shape: value.shape, begin, end };
}

interface Range {
  name: string;
  begin: number;
  end: number;
}

function checkRanges(ranges: Range[], size: number, file: string): void {
  let position = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      throw new ClipError(
        `${file}: tensor ${name} ${begin < position ? 'overlaps another' : 'leaves a hole before it'}`,
        {
          expected: `offset ${position}`,
          got: begin,
        },
      );
    }
    position = end;
  }
  if (position !== size) {
    throw new ClipError(`${file}: the tensors' bytes`, {
      expected: `${position}, as the header says`,
      got: size,
      hint: position > size ? 'the file is cut off; fetch it again' : 'bytes are left over',
    });
  }
}

function parseMetadata(value: unknown, file: string): Map<string, string> {
  const entries = value === undefined ? [] : isObject(value) ? Object.entries(value) : undefined;
  if (!entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw new ClipError(`${file}: __metadata__`, { expected: 'texts by name' });
  }
  return new Map(entries as [string, string][]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
