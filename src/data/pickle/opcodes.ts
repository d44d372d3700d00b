// What each opcode of pickle protocols 0 to 5 does. Stands beside Python's pickletools.opcodes; the letters are its.
// Missing on purpose: the extension registry (EXT1, EXT2, EXT4) and buffers outside the file (NEXT_BUFFER).
import { ClipError } from '../../errors.ts';
import { bigInteger, decimalFloat, decimalInteger } from './integers.ts';
import type { Machine } from './machine.ts';
import { latin1Text, rawUnicodeEscape, unquote, utf8Text } from './text.ts';
import type { PickleValue } from './values.ts';

export type Opcode = (machine: Machine) => void;

/** A Python 2 str up to this length becomes text; a longer one is data and stays bytes. */
export const LONGEST_BYTE_TEXT = 4096;

const HIGHEST_PROTOCOL = 5;

const ascii = (machine: Machine) => latin1Text(machine.cursor.line());

function byteString(bytes: Uint8Array): PickleValue {
  return bytes.length > LONGEST_BYTE_TEXT ? bytes : latin1Text(bytes);
}

function setItems(machine: Machine, items: PickleValue[]): void {
  const dict = machine.dict();
  if (items.length % 2) throw new ClipError('a dict with a key that has no value');
  for (let i = 0; i < items.length; i += 2) dict.set(machine.key(items[i]!), items[i + 1]!);
}

function addItems(machine: Machine, items: PickleValue[]): void {
  const set = machine.set();
  for (const item of items) set.add(machine.key(item));
}

/** The last `count` values as one tuple. */
function tuple(machine: Machine, count: number): void {
  const values: PickleValue[] = [];
  for (let i = 0; i < count; i++) values.unshift(machine.pop());
  machine.push(values);
}

function append(machine: Machine, values: PickleValue[]): void {
  const list = machine.list();
  for (const value of values) list.push(value);
}

/** Name and module for STACK_GLOBAL, which takes them from the stack. */
function popText(machine: Machine): string {
  const value = machine.pop();
  if (typeof value !== 'string') throw new ClipError('a global whose name is no string');
  return value;
}

function popEmptyKeywords(machine: Machine): void {
  const keywords = machine.pop();
  if (!(keywords instanceof Map) || keywords.size > 0) throw new ClipError('an object made with keywords');
}

const numbers: Record<string, Opcode> = {
  N: (m) => m.push(null),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  I: (m) => m.push(decimalInteger(ascii(m), true)),
  L: (m) => m.push(decimalInteger(ascii(m), false)),
  F: (m) => m.push(decimalFloat(ascii(m))),
  K: (m) => m.push(m.cursor.uint8()),
  M: (m) => m.push(m.cursor.uint16()),
  J: (m) => m.push(m.cursor.int32()),
  '\x8a': (m) => m.push(bigInteger(m.cursor, m.cursor.uint8())),
  '\x8b': (m) => m.push(bigInteger(m.cursor, m.cursor.int32())),
  G: (m) => m.push(m.cursor.float64()),
};

const strings: Record<string, Opcode> = {
  S: (m) => m.push(unquote(ascii(m))),
  T: (m) => m.push(byteString(m.cursor.take(m.cursor.int32()))),
  U: (m) => m.push(byteString(m.cursor.take(m.cursor.uint8()))),
  V: (m) => m.push(rawUnicodeEscape(ascii(m))),
  X: (m) => m.push(utf8Text(m.cursor.take(m.cursor.uint32()))),
  '\x8c': (m) => m.push(utf8Text(m.cursor.take(m.cursor.uint8()))),
  '\x8d': (m) => m.push(utf8Text(m.cursor.take(m.cursor.uint64()))),
  B: (m) => m.push(m.cursor.take(m.cursor.uint32())),
  C: (m) => m.push(m.cursor.take(m.cursor.uint8())),
  '\x8e': (m) => m.push(m.cursor.take(m.cursor.uint64())),
  '\x96': (m) => m.push(m.cursor.take(m.cursor.uint64())),
};

const containers: Record<string, Opcode> = {
  '(': (m) => m.mark(),
  '0': (m) => m.drop(),
  '1': (m) => void m.popToMark(),
  '2': (m) => m.push(m.peek()),
  ')': (m) => m.push([]),
  t: (m) => m.push(m.popToMark()),
  '\x85': (m) => tuple(m, 1),
  '\x86': (m) => tuple(m, 2),
  '\x87': (m) => tuple(m, 3),
  ']': (m) => m.push([]),
  l: (m) => m.push(m.popToMark()),
  a: (m) => append(m, [m.pop()]),
  e: (m) => append(m, m.popToMark()),
  '}': (m) => m.push(new Map()),
  d: (m) => {
    const items = m.popToMark();
    m.push(new Map());
    setItems(m, items);
  },
  s: (m) => {
    const value = m.pop();
    setItems(m, [m.pop(), value]);
  },
  u: (m) => setItems(m, m.popToMark()),
  '\x8f': (m) => m.push(new Set()),
  '\x90': (m) => addItems(m, m.popToMark()),
  '\x91': (m) => {
    const items = m.popToMark();
    m.push(new Set());
    addItems(m, items);
  },
};

const memo: Record<string, Opcode> = {
  p: (m) => m.remember(Number(decimalInteger(ascii(m), false))),
  q: (m) => m.remember(m.cursor.uint8()),
  r: (m) => m.remember(m.cursor.uint32()),
  '\x94': (m) => m.rememberNext(),
  g: (m) => m.recall(Number(decimalInteger(ascii(m), false))),
  h: (m) => m.recall(m.cursor.uint8()),
  j: (m) => m.recall(m.cursor.uint32()),
};

const objects: Record<string, Opcode> = {
  c: (m) => {
    const module = ascii(m);
    m.push(m.global(module, ascii(m)));
  },
  '\x93': (m) => {
    const name = popText(m);
    m.push(m.global(popText(m), name));
  },
  R: (m) => {
    const args = m.pop();
    m.push(m.call(m.pop(), args));
  },
  '\x81': (m) => {
    const args = m.pop();
    m.push(m.call(m.pop(), args));
  },
  '\x92': (m) => {
    popEmptyKeywords(m);
    const args = m.pop();
    m.push(m.call(m.pop(), args));
  },
  i: (m) => {
    const module = ascii(m);
    const target = m.global(module, ascii(m));
    m.push(m.call(target, m.popToMark()));
  },
  o: (m) => {
    const [target, ...args] = m.popToMark();
    m.push(m.call(target ?? null, args));
  },
  b: (m) => m.setState(m.pop()),
  P: (m) => m.push(m.persistent(ascii(m))),
  Q: (m) => m.push(m.persistent(m.pop())),
};

const framing: Record<string, Opcode> = {
  '\x80': (m) => {
    const protocol = m.cursor.uint8();
    if (protocol > HIGHEST_PROTOCOL) {
      throw new ClipError('an unknown pickle protocol', {
        expected: `at most ${HIGHEST_PROTOCOL}`,
        got: protocol,
      });
    }
  },
  // A frame promises how many bytes follow; its content is read as if it were not there.
  '\x95': (m) => {
    const length = m.cursor.uint64();
    if (length > m.cursor.left) {
      throw new ClipError('a frame beyond the end of the pickle', {
        expected: `at most ${m.cursor.left}`,
        got: length,
      });
    }
  },
};

/** By opcode byte. STOP (`.`) is the loop's own. */
export const OPCODES: readonly (Opcode | undefined)[] = tabulate({
  ...numbers,
  ...strings,
  ...containers,
  ...memo,
  ...objects,
  ...framing,
});

function tabulate(opcodes: Record<string, Opcode>): (Opcode | undefined)[] {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const [letter, opcode] of Object.entries(opcodes)) table[letter.charCodeAt(0)] = opcode;
  return table;
}
