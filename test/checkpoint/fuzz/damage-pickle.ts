// Damage that knows pickles: whole opcodes left out, repeated, exchanged or put in, and their arguments changed.
import { torchGlobals } from '../../../src/checkpoint/torch-globals.ts';
import { storageOf } from '../../../src/checkpoint/torch-values.ts';
import { Machine } from '../../../src/data/pickle/machine.ts';
import { OPCODES } from '../../../src/data/pickle/opcodes.ts';
import { bytesOf, uint32 } from '../../data/pickle/pickle-writer.ts';
import { damage, interestingNumber, pick, type Random } from './damage.ts';

/** The opcodes of a pickle that is right, each with its argument. */
export function opcodesOf(pickle: Uint8Array): Uint8Array[] {
  const machine = new Machine(pickle, { globals: torchGlobals(), persistent: storageOf });
  const pieces: Uint8Array[] = [];
  while (machine.cursor.left > 1) {
    const start = machine.cursor.position;
    OPCODES[machine.cursor.uint8()]!(machine);
    pieces.push(pickle.subarray(start, machine.cursor.position));
  }
  return [...pieces, pickle.subarray(-1)];
}

const text = (value: string) => bytesOf('X', uint32(value.length), value);

/** What no writer writes there. */
const SNIPPETS: readonly Uint8Array[] = [
  ...[
    '(',
    '0',
    '1',
    '2',
    ')',
    't',
    '\x85',
    '\x86',
    '\x87',
    ']',
    'l',
    'a',
    'e',
    '}',
    'd',
    's',
    'u',
    '\x8f',
    '\x90',
    '\x91',
  ],
  ...[
    'N',
    '\x88',
    'K\x00',
    'K\xff',
    'J\xff\xff\xff\xff',
    'J\xff\xff\xff\x7f',
    'G\x7f\xf8\0\0\0\0\0\0',
    'I-1\n',
    'L99999999999999999999\n',
  ],
  ...[
    'q\x00',
    'h\x00',
    'h\x01',
    'j\0\0\x01\0',
    'r\xff\xff\xff\xff',
    '\x94',
    'R',
    '\x81',
    'b',
    'Q',
    'o',
    '.',
    '2\x86',
    '2a',
    'h\x00h\x00\x86',
  ],
  ...[
    'cos\nsystem\n',
    'c__torch__\nM\n',
    'ccollections\nOrderedDict\n)R',
    'c__torch__\nM\n)\x81',
    'ctorch._utils\n_rebuild_tensor_v2\n',
    'cbuiltins\nset\n',
  ],
  ...[
    'ccollections\ndefaultdict\n',
    'ctorch\nFloatStorage\n',
    'ctorch\ndevice\n',
    'cnumpy._core.multiarray\nscalar\n',
    '\x80\x04',
    '\x95\0\0\0\0\0\0\0\x01',
  ],
].map((piece) => bytesOf(piece));
const TEXTS = ['state_dict', 'model', 'storage', '0', '', 'module.x', '__proto__', 'k'.repeat(600)].map(text);

/** A pickle with one to three changes. */
export function otherOpcodes(opcodes: readonly Uint8Array[], random: Random): Uint8Array {
  let made = [...opcodes];
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(made.length);
    const to = Math.min(made.length, at + 1 + random(random(4) ? 3 : 30));
    const kind = random(8);
    if (kind === 0) made.splice(at, to - at);
    else if (kind === 1) made.splice(random(made.length), 0, ...made.slice(at, to));
    else if (kind === 2) made.splice(at, 0, pick(random, random(3) ? SNIPPETS : TEXTS));
    else if (kind === 3) made[at] = pick(random, random(3) ? SNIPPETS : TEXTS);
    else if (kind === 4) [made[at], made[to - 1]] = [made[to - 1]!, made[at]!];
    else if (kind === 5) made[at] = otherArgument(made[at]!, random);
    else if (kind === 6) made[at] = damage(made[at]!, random);
    else made = [...made.slice(0, at), ...repeat(made.slice(at, to), 1 + random(2000)), ...made.slice(at)];
  }
  return bytesOf(made);
}

function repeat<T>(list: readonly T[], times: number): T[] {
  return Array.from({ length: times }, () => list).flat();
}

/** The bytes behind an opcode as another number; texts keep their length and become other texts. */
function otherArgument(opcode: Uint8Array, random: Random): Uint8Array {
  const copy = opcode.slice();
  const value = interestingNumber(random, [0, opcode.length, 64]);
  for (let at = 1; at < copy.length && at < 9; at++)
    copy[at] = Number((value >> BigInt(8 * (at - 1))) & 255n);
  return copy;
}
