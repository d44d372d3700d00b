// Tensors → a safetensors file, chunk by chunk, so that no more than one tensor is in memory. The order is that of
// Python's library, by type and then by name; wider types come first, so that every tensor begins at a multiple of its
// item size, and equal tensors make the same file there and here.
import { ClipError } from '../errors.ts';
import { type DType, ITEM_SIZE } from './dtype.ts';
import { countOf } from './stored-tensor.ts';

export interface TensorToWrite {
  name: string;
  dtype: DType;
  shape: readonly number[];
  /** The numbers' bytes, row-major and little-endian; called once, when their turn comes. */
  readBytes(): Promise<Uint8Array>;
}

const ORDER: readonly DType[] = ['I64', 'F64', 'F32', 'I32', 'BF16', 'F16', 'I16', 'I8', 'U8', 'BOOL'];

/** The file's chunks. Equal tensors and metadata give equal bytes. Throws on two equal names or a wrong byte count. */
export async function* safetensorsChunks(
  tensors: Iterable<TensorToWrite>,
  metadata: ReadonlyMap<string, string> = new Map(),
): AsyncGenerator<Uint8Array> {
  const ordered = [...tensors].sort(
    (a, b) =>
      ORDER.indexOf(a.dtype) - ORDER.indexOf(b.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  yield encodeHeader(ordered, metadata);
  for (const tensor of ordered) {
    const bytes = await tensor.readBytes();
    if (bytes.length !== byteLength(tensor)) {
      throw new ClipError(`tensor ${tensor.name}: ${tensor.dtype} [${tensor.shape}]`, {
        expected: `${byteLength(tensor)} bytes`,
        got: bytes.length,
      });
    }
    yield bytes;
  }
}

/** Length and JSON, with spaces behind it so that the numbers begin at a multiple of 8. */
function encodeHeader(tensors: readonly TensorToWrite[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const entries: [string, unknown][] = [];
  if (metadata.size > 0) {
    const sorted = [...metadata].sort(([a], [b]) => (a < b ? -1 : 1));
    entries.push(['__metadata__', Object.fromEntries(sorted)]);
  }
  const names = new Set(['__metadata__']);
  let offset = 0;
  for (const tensor of tensors) {
    if (names.has(tensor.name)) throw new ClipError(`two tensors are called ${tensor.name}`);
    names.add(tensor.name);
    const end = offset + byteLength(tensor);
    entries.push([tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Written entry by entry: an object would move names that look like numbers to its front.
  const object = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  const json = new TextEncoder().encode(`{${object}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  header.set(json, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  return header;
}

function byteLength({ shape, dtype }: TensorToWrite): number {
  return countOf(shape) * ITEM_SIZE[dtype];
}
