// What torch.save and torch.jit.save write: a zip of NAME/data.pkl, which says what there is, and NAME/data/0, 1, …, the
// numbers. OpenAI's downloads are such TorchScript archives. The pickle is read as data; the code in them never is.
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { unpickle } from '../data/pickle/unpickle.ts';
import { ClipError } from '../errors.ts';
import { allowance, checkTensorName } from './limits.ts';
import type { Checkpoint, StoredTensor } from './stored-tensor.ts';
import { torchGlobals } from './torch-globals.ts';
import { nameTensors } from './torch-names.ts';
import { storedTensor } from './torch-storage.ts';
import { storageOf } from './torch-values.ts';
import { openZip, type ZipMember } from './zip.ts';

/** OpenAI's largest is 100 kB, one with an optimiser's state 1 MB. */
const LARGEST_PICKLE = 2 ** 25;

/** Opens a PyTorch zip archive. Only the directory and data.pkl are read here; tensors are, when they are asked for. */
export async function openTorchArchive(source: ByteSource): Promise<Checkpoint> {
  const file = source.name ?? 'checkpoint';
  const members = await openZip(source);
  const root = archiveRoot(members, file);
  await checkByteOrder(members.get(`${root}/byteorder`), file);
  const value = await readPickle(members.get(`${root}/data.pkl`)!, file);
  const { format, tensors, metadata } = nameTensors(value, file);
  const stored = new Map<string, StoredTensor>();
  let cost = 0;
  for (const [name, tensor] of tensors) {
    checkTensorName(name, file);
    const member = members.get(`${root}/data/${tensor.storage.key}`);
    const one = storedTensor(name, tensor, member, `${file}: tensor ${name}`);
    stored.set(name, one.stored);
    cost += one.cost;
  }
  if (cost > allowance(source.size)) {
    throw new ClipError(`${file}: its tensors together, which share or repeat their numbers`, {
      expected: `at most ${allowance(source.size)} bytes`,
      got: cost,
    });
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
    hint: 'in Python: torch.save(model.state_dict(), path)',
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
    wayOut: 'save the weights alone, in Python: torch.save(model.state_dict(), path)',
  });
}
