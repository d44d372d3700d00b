// The few WebAssembly instructions that the resize, the reading of weights and the wasm engine's kernels need, as functions
// that give their bytes, and what puts them together into a module: https://webassembly.github.io/spec/core/binary.
// Operands come before the operation.

/** Bytes of code, nested as they were written. */
export type Code = readonly (number | Code)[];

/** A whole number in the format's variable length: seven bits a byte, the lowest first, the sign in the last. */
function signed(value: number): number[] {
  const low = value & 127;
  const rest = value >> 7;
  const done = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return done ? [low] : [low | 128, ...signed(rest)];
}

/** The same for numbers that are never negative. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

const simd =
  (operation: number) =>
  (...operands: Code[]): Code => [...operands, 0xfd, unsigned(operation)];
/** Alignment 1 and a fixed byte offset: what follows an operation on memory. */
const at = (offset: number): Code => [0, unsigned(offset)];

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const constant = (value: number): Code => [0x41, signed(value)];
export const add = (a: Code, b: Code): Code => [a, b, 0x6a];
export const shiftLeft = (a: Code, bits: Code): Code => [a, bits, 0x74];
/** Of a number without sign. */
export const shiftRight = (a: Code, bits: Code): Code => [a, bits, 0x76];
export const isZero = (a: Code): Code => [a, 0x45];
export const less = (a: Code, b: Code): Code => [a, b, 0x48];
/** The same of numbers without sign, such as addresses. */
export const below = (a: Code, b: Code): Code => [a, b, 0x49];
export const load = (address: Code, offset: number): Code => [address, 0x28, at(offset)];
export const store = (address: Code, value: Code, offset: number): Code => [address, value, 0x36, at(offset)];
export const subtract = (a: Code, b: Code): Code => [a, b, 0x6b];
export const times = (a: Code, b: Code): Code => [a, b, 0x6c];
/** Of numbers without sign: whole, and what is left. */
export const divide = (a: Code, b: Code): Code => [a, b, 0x6e];
export const remainder = (a: Code, b: Code): Code => [a, b, 0x70];
export const both = (a: Code, b: Code): Code => [a, b, 0x71];
/** `a` where `condition` is not 0, else `b`; both are computed. */
export const choose = (condition: Code, a: Code, b: Code): Code => [a, b, condition, 0x1b];
/** Runs the body where `condition` is not 0. */
export const when = (condition: Code, body: Code, otherwise?: Code): Code => [
  condition,
  [0x04, 0x40],
  body,
  otherwise ? [0x05, otherwise] : [],
  0x0b,
];
/** Runs the body while `condition` is not 0; it is looked at before, too. */
export const asLong = (condition: Code, body: Code): Code => when(condition, repeat(body, condition));
/** Calls the function of that number in the module's list. */
export const call = (index: number, ...parameters: Code[]): Code => [...parameters, 0x10, unsigned(index)];
type Locals = readonly [...Eight, ...Eight, ...Eight];
type Eight = [number, number, number, number, number, number, number, number];
/** Numbers for locals, from one on: more than a function uses. */
export const locals = (from: number = 0): Locals =>
  Array.from({ length: 24 }, (_, i) => from + i) as unknown as Locals;
/** Runs the body, and again while `condition` is not 0. */
export const repeat = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

// Vectors of 128 bits.
/** Sixteen bytes from memory. */
export const load16Bytes = (address: Code, offset: number = 0): Code => [simd(0)(address), at(offset)];
/** Four bytes from memory, and twelve zeros. */
export const load4Bytes = (address: Code): Code => [simd(92)(address), at(0)];
/** Eight bytes from memory, and eight zeros. */
export const load8Bytes = (address: Code): Code => [simd(93)(address), at(0)];
/** One 32-bit number from memory, four times. */
export const loadRepeated = (address: Code, offset: number = 0): Code => [simd(9)(address), at(offset)];
export const store16Bytes = (address: Code, value: Code, offset: number = 0): Code => [
  simd(11)(address, value),
  at(offset),
];
/** The vector's first four bytes. */
export const store4Bytes = (address: Code, value: Code): Code => [simd(90)(address, value), at(0), 0];
/** One 32-bit number, four times. */
export const repeated: (value: Code) => Code = simd(17);
/** The lower or upper half of the bytes as eight 16-bit numbers; of those as four 32-bit numbers. */
export const lowBytes: (value: Code) => Code = simd(137);
export const highBytes: (value: Code) => Code = simd(138);
export const lowWords: (value: Code) => Code = simd(169);
export const highWords: (value: Code) => Code = simd(170);
export const bothBits: (a: Code, b: Code) => Code = simd(78);
export const eitherBits: (a: Code, b: Code) => Code = simd(80);
/** Of two vectors, as eight 32-bit numbers 0…7, the four that are named. */
export const pick = (a: Code, b: Code, numbers: readonly number[]): Code => [
  simd(13)(a, b),
  numbers.flatMap((i) => [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3]),
];
/** On four 32-bit numbers at once. */
export const addEach: (a: Code, b: Code) => Code = simd(174);
export const timesEach: (a: Code, b: Code) => Code = simd(181);
export const shiftRightEach: (a: Code, bits: Code) => Code = simd(172);
export const shiftLeftEach: (a: Code, bits: Code) => Code = simd(171);
/** All ones where `a` is the larger signed number, else 0. */
export const largerEach: (a: Code, b: Code) => Code = simd(59);
/** On four float32 numbers. */
export const timesFloats: (a: Code, b: Code) => Code = simd(230);
export const addFloats: (a: Code, b: Code) => Code = simd(228);
/** a · b + c, rounded once or twice: of "relaxed SIMD". */
export const timesAddFloats: (a: Code, b: Code, c: Code) => Code = simd(0x105);
export const subtractFloats: (a: Code, b: Code) => Code = simd(229);
export const divideFloats: (a: Code, b: Code) => Code = simd(231);
export const smaller: (a: Code, b: Code) => Code = simd(232);
export const larger: (a: Code, b: Code) => Code = simd(233);
export const squareRoots: (a: Code) => Code = simd(227);
/** To the next whole number; as a 32-bit one; and back. */
export const rounded: (a: Code) => Code = simd(106);
export const toNumbers: (a: Code) => Code = simd(248);
export const toFloats: (a: Code) => Code = simd(250);
/** All ones where a < b, else 0. */
export const smallerEach: (a: Code, b: Code) => Code = simd(67);
/** `a` where `mask` has ones, else `b`. */
export const mixed = (a: Code, b: Code, mask: Code): Code => simd(82)(a, b, mask);
/** One float32 number, four times. */
export const float = (value: number): Code => [
  0x43,
  ...new Uint8Array(Float32Array.of(value).buffer),
  [0xfd, 19],
];
/** Twice four 32-bit numbers → eight signed 16-bit ones; twice eight of those → sixteen bytes; both cut off. */
export const toWords: (a: Code, b: Code) => Code = simd(133);
export const toBytes: (a: Code, b: Code) => Code = simd(102);

/** A function without result: its parameters are its first locals, then 32-bit numbers, then vectors. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly numbers: number;
  readonly vectors: number;
  readonly body: Code;
}

/** Of 64 KiB: all that 32 bits can address. */
const MOST_PAGES = 2 ** 16;

function flat(code: Code, bytes: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === 'number') bytes.push(part);
    else flat(part, bytes);
  }
  return bytes;
}

/**
 * A module of the functions, over a memory that is imported as `memory` of `host`. A memory that threads share has to
 * be declared as such.
 */
export function assemble(
  functions: readonly WasmFunction[],
  isShared: boolean = false,
): Uint8Array<ArrayBuffer> {
  const [NUMBER, VECTOR] = [0x7f, 0x7b];
  const list = (items: readonly Code[]): Code => [unsigned(items.length), ...items];
  const sized = (code: Code): Code => {
    const bytes = flat(code);
    return [unsigned(bytes.length), bytes];
  };
  const section = (id: number, items: readonly Code[]): Code => [id, sized(list(items))];
  const text = (name: string): Code => list(Array.from(new TextEncoder().encode(name), (byte) => [byte]));
  const [TYPES, IMPORTS, FUNCTIONS, EXPORTS, BODIES] = [1, 2, 3, 7, 10];
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(
        TYPES,
        functions.map(({ parameters }) => [0x60, list(Array<Code>(parameters).fill([NUMBER])), 0]),
      ),
      section(IMPORTS, [[text('host'), text('memory'), 2, isShared ? [3, 1, unsigned(MOST_PAGES)] : [0, 1]]]),
      section(
        FUNCTIONS,
        functions.map((_, i) => unsigned(i)),
      ),
      section(
        EXPORTS,
        functions.map(({ name }, i) => [text(name), 0, unsigned(i)]),
      ),
      section(
        BODIES,
        functions.map(({ numbers, vectors, body }) =>
          sized([
            list([
              [unsigned(numbers), NUMBER],
              [unsigned(vectors), VECTOR],
            ]),
            body,
            0x0b,
          ]),
        ),
      ),
    ]),
  );
}
