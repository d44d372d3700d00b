// The inner loop of stored-order.ts again, sixteen numbers at a time: WebAssembly's 128-bit vectors, which Node and
// browsers have and JavaScript does not. The same bits come out; see stored-order.ts for what is computed.
import {
  add,
  addEach,
  assemble,
  bothBits,
  type Code,
  constant,
  eitherBits,
  get,
  largerEach,
  load,
  load8Bytes,
  load16Bytes,
  lowWords,
  pick,
  repeat,
  repeated,
  set,
  shiftLeftEach,
  store16Bytes,
  timesFloats,
} from '../assemble-wasm.ts';

/** Types whose numbers are turned here, and the bytes of one. */
const SIZE = { F16: 2, BF16: 2, F32: 4 } as const;
export type Turnable = keyof typeof SIZE;

// The function's locals: its parameters (see `Vectors.turn`), counters and addresses, vectors.
const [source, rowBytes, offsets, target, rows, columns] = [0, 1, 2, 3, 4, 5];
const [at, left, ...targets] = [6, 7, 8, 9, 10, 11];
const numbers = [12, 13, 14, 15]; // four rows' of four columns
const pairs = [16, 17, 18, 19]; // halfway from rows to columns
const [seen, exponent, lowest, size, scale, largest, sign] = [20, 21, 22, 23, 24, 25, 26];

const increase = (local: number, by: Code): Code => set(local, add(get(local), by));

/** Four numbers from memory into `number`, as float32. */
function loadNumbers(dtype: Turnable, address: Code, number: number): Code {
  if (dtype === 'F32') return set(number, load16Bytes(address));
  const bits = lowWords(load8Bytes(address));
  if (dtype === 'BF16') return set(number, shiftLeftEach(bits, constant(16)));
  // 1 sign, 5 exponent, 10 fraction → 1, 8, 23. Times 2^112 takes the exponent's bias from 15 to 127, of subnormal halves
  // too; NaN and the infinities, which have all five bits set, then get all eight.
  const half = pairs[0]!;
  const unsigned = pairs[1]!;
  const isFull = largerEach(get(unsigned), get(largest));
  return [
    set(half, bits),
    set(unsigned, shiftLeftEach(bothBits(get(half), get(size)), constant(13))),
    set(number, eitherBits(timesFloats(get(unsigned), get(scale)), bothBits(isFull, get(exponent)))),
    set(number, eitherBits(get(number), shiftLeftEach(bothBits(get(half), get(sign)), constant(16)))),
  ];
}

/** Four rows of four numbers → four columns of four. */
function blockBody(dtype: Turnable): Code {
  const [a, b, c, d] = numbers.map(get) as [Code, Code, Code, Code];
  const [ab, cd, AB, CD] = pairs.map(get) as [Code, Code, Code, Code];
  const [LOW, HIGH] = [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ];
  const turned = [pick(ab, cd, LOW!), pick(ab, cd, HIGH!), pick(AB, CD, LOW!), pick(AB, CD, HIGH!)];
  return [
    set(seen, load16Bytes(constant(0))),
    set(exponent, repeated(constant(0x7f800000))),
    set(lowest, repeated(constant(0x00800000))),
    set(size, repeated(constant(0x7fff))),
    set(scale, repeated(constant(0x77800000))), // 2^112
    set(largest, repeated(constant(0x0f7fffff))), // exponent 30 and all of the fraction
    set(sign, repeated(constant(0x8000))),
    repeat(
      [
        set(at, get(source)),
        set(left, get(rows)),
        targets.map((local, i) => set(local, add(get(target), load(get(offsets), 4 * i)))),
        repeat(
          [
            numbers.map((number) => [
              loadNumbers(dtype, get(at), number),
              set(seen, eitherBits(get(seen), addEach(bothBits(get(number), get(exponent)), get(lowest)))),
              increase(at, get(rowBytes)),
            ]),
            set(pairs[0]!, pick(a, b, [0, 4, 1, 5])),
            set(pairs[1]!, pick(c, d, [0, 4, 1, 5])),
            set(pairs[2]!, pick(a, b, [2, 6, 3, 7])),
            set(pairs[3]!, pick(c, d, [2, 6, 3, 7])),
            targets.map((local, i) => [store16Bytes(get(local), turned[i]!), increase(local, constant(16))]),
            increase(left, constant(-4)),
          ],
          get(left),
        ),
        increase(source, constant(4 * SIZE[dtype])),
        increase(offsets, constant(16)),
        increase(columns, constant(-4)),
      ],
      get(columns),
    ),
    store16Bytes(constant(0), get(seen)),
  ];
}

type TurnBlock = (
  source: number,
  rowBytes: number,
  offsets: number,
  target: number,
  rows: number,
  columns: number,
) => void;

/** A memory, and the functions that work in it. Addresses are bytes. */
export interface Vectors {
  readonly memory: WebAssembly.Memory;
  /**
   * Turns a block of `rows` × `columns` numbers, both multiples of four: its first one is at `source`, each further row
   * `rowBytes` behind. Column i goes to `target` plus the 32-bit number i at `offsets`. The first 16 bytes of the memory
   * gather (exponent bits + 0x00800000) of each number, by `or`: negative where a number is not finite.
   */
  readonly turn: Readonly<Record<Turnable, TurnBlock>>;
}

let compiled: WebAssembly.Module | undefined;

/** New ones with an empty memory, or undefined where this machine's WebAssembly has no vectors. */
export function startVectors(): Vectors | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  if (!compiled) {
    const types = Object.keys(SIZE) as Turnable[];
    const code = assemble(
      types.map((name) => ({ name, parameters: 6, numbers: 6, vectors: 15, body: blockBody(name) })),
    );
    if (!WebAssembly.validate(code)) return undefined;
    compiled = new WebAssembly.Module(code);
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(compiled, { host: { memory } });
  return { memory, turn: exports as unknown as Vectors['turn'] };
}
