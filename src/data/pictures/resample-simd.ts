// The two passes of resample.ts over bytes again, four or sixteen sums at a time: WebAssembly's 128-bit vectors,
// which Node and browsers have and JavaScript does not. Same integers, same results; see resample.ts for what is
// computed. Where vectors are missing, or the rows would take too much memory, resample.ts does the work itself.

import {
  add,
  addEach,
  assemble,
  type Code,
  constant,
  get,
  highBytes,
  highWords,
  less,
  load,
  load4Bytes,
  load16Bytes,
  loadRepeated,
  lowBytes,
  lowWords,
  repeat,
  repeated,
  set,
  shiftLeft,
  shiftRightEach,
  store4Bytes,
  store16Bytes,
  timesEach,
  toBytes,
  toWords,
} from '../../assemble-wasm.ts';
import { PRECISION, type Weights } from './kernel.ts';

// A target pixel's entry in the table of weights, in 32-bit numbers: where its source begins (in bytes after the
// row's or column's own beginning), how many weights it has, and the weights.
const [ENTRY_BEGIN, ENTRY_LENGTH, ENTRY_WEIGHTS] = [0, 4, 8];

const half: Code = repeated(constant(1 << (PRECISION - 1)));
const whole = (sum: Code): Code => shiftRightEach(sum, constant(PRECISION));
const increase = (local: number, by: Code): Code => set(local, add(get(local), by));
/** From the weights' begin to their end: runs `body` for each, then moves on by one. */
const forEachWeight = (entry: number, weight: number, end: number, body: Code): Code => [
  set(weight, add(get(entry), constant(ENTRY_WEIGHTS))),
  set(end, add(get(weight), shiftLeft(load(get(entry), ENTRY_LENGTH), constant(2)))),
  repeat([body, increase(weight, constant(4))], less(get(weight), get(end))),
];

/** All channels of a pixel in one vector; a pixel of fewer than four is overwritten by the next where it is too long. */
function rowsBody(): Code {
  const [source, stride, target, rows, count, channels, table, entryBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [entry, at, weight, end, left] = [8, 9, 10, 11, 12];
  const sum = 13;
  const pixel = lowWords(lowBytes(load4Bytes(get(at))));
  return repeat(
    [
      set(entry, get(table)),
      set(left, get(count)),
      repeat(
        [
          set(at, add(get(source), load(get(entry), ENTRY_BEGIN))),
          set(sum, half),
          forEachWeight(entry, weight, end, [
            set(sum, addEach(get(sum), timesEach(pixel, loadRepeated(get(weight))))),
            increase(at, get(channels)),
          ]),
          set(sum, toWords(whole(get(sum)), whole(get(sum)))),
          store4Bytes(get(target), toBytes(get(sum), get(sum))),
          increase(target, get(channels)),
          increase(entry, get(entryBytes)),
          increase(left, constant(-1)),
        ],
        get(left),
      ),
      increase(source, get(stride)),
      increase(rows, constant(-1)),
    ],
    get(rows),
  );
}

/** Sixteen neighbouring columns in four vectors; the last of a row reach beyond it, and the next row mends that. */
function columnsBody(): Code {
  const [source, stride, target, samples, count, table, entryBytes] = [0, 1, 2, 3, 4, 5, 6];
  const [at, weight, end, column] = [7, 8, 9, 10];
  const [a, b, c, d, bytes, factor] = [11, 12, 13, 14, 15, 16];
  const accumulate = (sum: number, values: Code): Code =>
    set(sum, addEach(get(sum), timesEach(values, get(factor))));
  return repeat(
    [
      set(column, constant(0)),
      repeat(
        [
          set(at, add(add(get(source), load(get(table), ENTRY_BEGIN)), get(column))),
          [a, b, c, d].map((sum) => set(sum, half)),
          forEachWeight(table, weight, end, [
            set(bytes, load16Bytes(get(at))),
            set(factor, loadRepeated(get(weight))),
            accumulate(a, lowWords(lowBytes(get(bytes)))),
            accumulate(b, highWords(lowBytes(get(bytes)))),
            accumulate(c, lowWords(highBytes(get(bytes)))),
            accumulate(d, highWords(highBytes(get(bytes)))),
            increase(at, get(stride)),
          ]),
          store16Bytes(
            add(get(target), get(column)),
            toBytes(toWords(whole(get(a)), whole(get(b))), toWords(whole(get(c)), whole(get(d)))),
          ),
          increase(column, constant(16)),
        ],
        less(get(column), get(samples)),
      ),
      increase(target, get(samples)),
      increase(table, get(entryBytes)),
      increase(count, constant(-1)),
    ],
    get(count),
  );
}

/** Bytes in a buffer: row y begins at `offset + y × stride`. */
export interface Bytes {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly stride: number;
}

interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly rows: (...parameters: number[]) => void;
  readonly columns: (...parameters: number[]) => void;
}

/** undefined where this machine's WebAssembly has no vectors. */
function start(): Engine | undefined {
  const bytes = assemble([
    { name: 'rows', parameters: 8, numbers: 5, vectors: 1, body: rowsBody() },
    { name: 'columns', parameters: 7, numbers: 4, vectors: 6, body: columnsBody() },
  ]);
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } });
  return { memory, rows: exports.rows as Engine['rows'], columns: exports.columns as Engine['columns'] };
}

let found: Engine | undefined;
let started = false;

/** The most memory that is taken, and kept, for this: 16 MiB. */
const MOST_BYTES = 2 ** 24;
/** Bytes of the source that are worked on at once. */
const STRIP_BYTES = 2 ** 19;
/** A vector may reach this far beyond the last sample. */
const SLACK = 16;

interface Room {
  readonly engine: Engine;
  readonly bytes: Uint8Array;
  readonly table: number;
  readonly entryBytes: number;
  readonly source: number;
  readonly target: number;
}

/** The weights' table laid out at the memory's beginning, then room for source and target. */
function prepare(
  weights: Weights,
  factors: Int32Array,
  unit: number,
  sourceBytes: number,
  targetBytes: number,
): Room | undefined {
  if (!started) found = start();
  started = true;
  const engine = found;
  const entry = 2 + weights.stride;
  const source = weights.count * entry * 4;
  const target = source + sourceBytes + SLACK;
  const needed = target + targetBytes + SLACK;
  if (!engine || needed > MOST_BYTES) return undefined;
  const { memory } = engine;
  const missing = needed - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  const table = new Int32Array(memory.buffer, 0, weights.count * entry);
  for (let i = 0; i < weights.count; i++) {
    table[i * entry] = weights.first[i]! * unit;
    table[i * entry + 1] = weights.length[i]!;
    table.set(factors.subarray(i * weights.stride, (i + 1) * weights.stride), i * entry + 2);
  }
  return { engine, bytes: new Uint8Array(memory.buffer), table: 0, entryBytes: entry * 4, source, target };
}

/** [rows, source, channels] → `target` [rows, count, channels]; false where it cannot be done here. */
export function rowsInVectors(
  { data, offset, stride }: Bytes,
  rows: number,
  channels: number,
  weights: Weights,
  factors: Int32Array,
  target: Uint8Array,
): boolean {
  const rowBytes = (weights.end - weights.start) * channels;
  const targetBytes = weights.count * channels;
  const strip = Math.min(rows, Math.max(1, Math.floor(STRIP_BYTES / rowBytes)));
  const room = prepare(weights, factors, channels, strip * rowBytes, strip * targetBytes);
  if (!room) return false;
  const { engine, bytes, table, entryBytes } = room;
  for (let from = 0; from < rows; from += strip) {
    const height = Math.min(strip, rows - from);
    for (let y = 0; y < height; y++) {
      const begin = offset + (from + y) * stride;
      bytes.set(data.subarray(begin, begin + rowBytes), room.source + y * rowBytes);
    }
    engine.rows(room.source, rowBytes, room.target, height, weights.count, channels, table, entryBytes);
    target.set(bytes.subarray(room.target, room.target + height * targetBytes), from * targetBytes);
  }
  return true;
}

/** [source, samples] → `target` [count, samples]; false where it cannot be done here. */
export function columnsInVectors(
  { data, offset, stride }: Bytes,
  samples: number,
  weights: Weights,
  factors: Int32Array,
  target: Uint8Array,
): boolean {
  const rows = weights.end - weights.start;
  const strip = Math.min(samples, Math.max(SLACK, Math.floor(STRIP_BYTES / rows)));
  const room = prepare(weights, factors, strip, rows * strip, weights.count * strip);
  if (!room) return false;
  const { engine, bytes, table, entryBytes } = room;
  for (let from = 0; from < samples; from += strip) {
    const width = Math.min(strip, samples - from);
    for (let y = 0; y < rows; y++) {
      const begin = offset + y * stride + from;
      bytes.set(data.subarray(begin, begin + width), room.source + y * strip);
    }
    engine.columns(room.source, strip, room.target, strip, weights.count, table, entryBytes);
    for (let y = 0; y < weights.count; y++) {
      const begin = room.target + y * strip;
      target.set(bytes.subarray(begin, begin + width), y * samples + from);
    }
  }
  return true;
}
