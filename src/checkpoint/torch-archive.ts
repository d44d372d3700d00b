// What torch.save and torch.jit.save write: a zip of NAME/data.pkl, which says what there is, and NAME/data/0, 1, …, the
// numbers. OpenAI's downloads are such TorchScript archives. The pickle is read as data; the code in them never is.
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { unpickle } from '../data/pickle/unpickle.ts';
import { ClipError } from '../errors.ts';
import { ITEM_SIZE } from './dtype.ts';
import { type Checkpoint, countOf, type ReadBytes, StoredTensor } from './stored-tensor.ts';
import { nameTensors } from './torch-names.ts';
import { storageOf, type TorchTensor, torchGlobals } from './torch-values.ts';
import { openZip, type ZipMember } from './zip.ts';

/** OpenAI's largest is 100 kB, one with an optimiser's state 1 MB. */
const LARGEST_PICKLE = 2 ** 26;

/** A tensor that repeats its storage's numbers (strides of 0) may grow to this many, and no further. */
const MOST_REPEATED = 2 ** 24;

/** Opens a PyTorch zip archive. Only the directory and data.pkl are read here; tensors are, when they are asked for. */
export async function openTorchArchive(source: ByteSource): Promise<Checkpoint> {
  const file = source.name ?? 'checkpoint';
  const members = await openZip(source);
  const root = archiveRoot(members, file);
  await checkByteOrder(members.get(`${root}/byteorder`), file);
  const value = await readPickle(members.get(`${root}/data.pkl`)!, file);
  const { format, tensors, metadata } = nameTensors(value, file);
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const member = members.get(`${root}/data/${tensor.storage.key}`);
    checkStorage(tensor, member, `${file}: tensor ${name}`);
    stored.set(name, new StoredTensor(name, tensor.storage.dtype, tensor.shape, reader(tensor, member)));
  }
  return { format, tensors: stored, metadata };
}

/** The one folder that has a data.pkl: PyTorch names it after the file. */
function archiveRoot(members: ReadonlyMap<string, ZipMember>, file: string): string {
  const roots = [...members.keys()].flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  if (roots.length === 1) return roots[0]!;
  throw new ClipError(`${file}: a zip archive that PyTorch did not write`, {
    expected: 'one NAME/data.pkl inside',
    got: roots.length === 0 ? 'none' : `${roots.length} of them`,
  });
}

async function checkByteOrder(member: ZipMember | undefined, file: string): Promise<void> {
  if (!member) return; // before PyTorch 2.1 it was not written, and always little
  if (member.size > 16)
    throw new ClipError(`${file}: byte order`, { expected: 'little', got: `${member.size} bytes` });
  const order = new TextDecoder().decode(await member.read()).trim();
  if (order === 'little') return;
  throw new ClipError(`${file}: byte order`, {
    expected: 'little',
    got: order,
    hint: 'save it again on a little-endian machine',
  });
}

async function readPickle(member: ZipMember, file: string) {
  if (member.size > LARGEST_PICKLE) {
    throw new ClipError(`${file}: data.pkl is too large`, {
      expected: `at most ${LARGEST_PICKLE} bytes`,
      got: member.size,
    });
  }
  return unpickle(await member.read(), {
    globals: torchGlobals(),
    persistent: storageOf,
    name: `${file}: data.pkl`,
  });
}

function checkStorage(
  { storage, shape }: TorchTensor,
  member: ZipMember | undefined,
  what: string,
): asserts member is ZipMember {
  const expected = storage.count * ITEM_SIZE[storage.dtype];
  if (!member)
    throw new ClipError(`${what}: its numbers are missing`, { expected: `member data/${storage.key}` });
  if (member.size !== expected) {
    throw new ClipError(`${what}: member data/${storage.key}`, {
      expected: `${expected} bytes (${storage.count} of ${storage.dtype})`,
      got: member.size,
    });
  }
  const most = Math.max(storage.count, MOST_REPEATED);
  if (countOf(shape) > most) {
    throw new ClipError(`${what}: shape [${shape}]`, {
      expected: `at most ${most} numbers`,
      got: countOf(shape),
    });
  }
}

function reader({ offset, shape, strides, storage }: TorchTensor, member: ZipMember): ReadBytes {
  const size = ITEM_SIZE[storage.dtype];
  const count = countOf(shape);
  if (count === 0) return async () => new Uint8Array(0);
  const last = shape.reduce((index, length, axis) => index + (length - 1) * strides[axis]!, offset);
  const start = offset * size;
  const end = (last + 1) * size;
  // The whole member is read as a whole, so that its checksum is verified.
  const isWhole = start === 0 && end === member.size;
  const read: ReadBytes = (into) => (isWhole ? member.read(into) : member.readRange(start, end, into));
  return isContiguous(shape, strides) ? read : async () => gather(await read(), shape, strides, size);
}

/** Row-major, each number right behind the one before it. An axis of length 1 may have any stride. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= shape[axis]!;
  }
  return true;
}

/** Numbers of `size` bytes picked by strides, in row-major order. */
function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Uint8Array {
  const gathered = new Uint8Array(countOf(shape) * size);
  const index = shape.map(() => 0);
  let position = 0;
  for (let at = 0; at < gathered.length; at += size) {
    for (let byte = 0; byte < size; byte++) gathered[at + byte] = bytes[position * size + byte]!;
    // Count up as an odometer does, and move by the strides of the wheels that turn.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      position -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return gathered;
}
