// safetensors files: 8 bytes with the header's length, the header (JSON: name → dtype, shape, data_offsets), the numbers.
// https://huggingface.co/docs/safetensors/index#format
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { MOST_AXES } from '../data/pickle/limits.ts';
import { ClipError } from '../errors.ts';
import { type DType, ITEM_SIZE } from './dtype.ts';
import { parseJson } from './json-keys.ts';
import { isObject, type JsonObject } from './json-object.ts';
import { checkTensorName, checkTensorSize } from './limits.ts';
import { type Checkpoint, countOf, StoredTensor } from './stored-tensor.ts';

/** Bytes: some seventy thousand tensors. The format allows 100 MB, which would take gigabytes once parsed. */
export const LARGEST_HEADER: number = 2 ** 23;

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
      expected: `a JSON object of at most ${Math.min(LARGEST_HEADER, Math.max(0, source.size - 8))} bytes`,
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

function parseHeader(bytes: Uint8Array, file: string): JsonObject {
  const what = `${file}: the safetensors header`;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ClipError(what, { expected: 'JSON', got: 'text that does not parse' }, { cause: error });
  }
  const header = parseJson(text, what);
  if (!isObject(header)) throw new ClipError(what, { expected: 'a JSON object', got: 'another value' });
  return header;
}

function parseEntry(name: string, value: unknown, file: string) {
  checkTensorName(name, file);
  const what = `${file}: tensor ${name}`;
  const isCounts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (!isObject(value) || !isCounts(value.shape) || !isCounts(value.data_offsets)) {
    throw new ClipError(what, {
      expected: 'dtype, shape and data_offsets, none of them negative',
      got: describeJson(value),
    });
  }
  if (value.shape.length > MOST_AXES) {
    throw new ClipError(`${what}: shape`, { expected: `at most ${MOST_AXES} axes`, got: value.shape.length });
  }
  const dtype = value.dtype;
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_SIZE, dtype)) {
    throw new ClipError(`${what}: dtype`, {
      expected: Object.keys(ITEM_SIZE).join(', '),
      got: describeJson(dtype),
    });
  }
  const [begin = 0, end = 0] = value.data_offsets;
  const bytes = countOf(value.shape) * ITEM_SIZE[dtype as DType];
  if (value.data_offsets.length !== 2 || end - begin !== bytes) {
    throw new ClipError(`${what}: ${dtype} [${value.shape}]`, {
      expected: `${bytes} bytes`,
      got: `offsets ${value.data_offsets.slice(0, 3).join(', ')}`,
    });
  }
  checkTensorSize(bytes, what);
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

/** How an error names a value: short, and not by walking through all of it. */
function describeJson(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.slice(0, 4).map((item) => (typeof item === 'object' ? '…' : String(item).slice(0, 20)))}]`;
  if (!isObject(value)) return String(value).slice(0, 60);
  const items = Object.entries(value).slice(0, 4);
  return items
    .map(([key, item]) => `${key.slice(0, 20)} ${isObject(item) ? '…' : describeJson(item)}`)
    .join(', ');
}
