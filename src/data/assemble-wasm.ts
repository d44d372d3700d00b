// The few WebAssembly instructions that the resize and the reading of weights need, as functions that give their bytes,
// and what puts them together into a module: https://webassembly.github.io/spec/core/binary. Operands come before the
// operation.

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
export const less = (a: Code, b: Code): Code => [a, b, 0x48];
export const load = (address: Code, offset: number): Code => [address, 0x28, at(offset)];
/** Runs the body, and again while `condition` is not 0. */
export const repeat = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

// Vectors of 128 bits.
/** Sixteen bytes from memory. */
export const load16Bytes = (address: Code): Code => [simd(0)(address), at(0)];
/** Four bytes from memory, and twelve zeros. */
export const load4Bytes = (address: Code): Code => [simd(92)(address), at(0)];
/** Eight bytes from memory, and eight zeros. */
export const load8Bytes = (address: Code): Code => [simd(93)(address), at(0)];
/** One 32-bit number from memory, four times. */
export const loadRepeated = (address: Code): Code => [simd(9)(address), at(0)];
export const store16Bytes = (address: Code, value: Code): Code => [simd(11)(address, value), at(0)];
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

function flat(code: Code): number[] {
  return code.flatMap((part) => (typeof part === 'number' ? [part] : flat(part)));
}

/** A module of the functions, over a memory that is imported as `memory` of `host`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const [NUMBER, VECTOR] = [0x7f, 0x7b];
  const list = (items: readonly Code[]): Code => [unsigned(items.length), ...items];
  const sized = (code: Code): Code => [unsigned(flat(code).length), code];
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
      section(IMPORTS, [[text('host'), text('memory'), 2, 0, 1]]),
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
