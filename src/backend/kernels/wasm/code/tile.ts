// A tile of a matrix product: up to five rows of a by a panel of eight columns of b, forty sums, which fit into the
// processor's registers.
import {
  add,
  addFloats,
  asLong,
  below,
  type Code,
  call,
  constant,
  get,
  isZero,
  less,
  load16Bytes,
  loadRepeated,
  locals,
  set,
  store16Bytes,
  subtract,
  times,
  timesAddFloats,
  timesFloats,
  type WasmFunction,
  when,
} from '../../../../assemble-wasm.ts';
import { increase } from './floats.ts';
import { numberOf } from './order.ts';

/** Rows and columns of a tile, and the bytes of a panel's row. */
export const TILE_ROWS = 5;
export const TILE_COLUMNS = 8;
export const PANEL_ROW: number = 4 * TILE_COLUMNS;

/** `rows` × 8 sums over `depth`; they begin at what is at `start`, whose rows lie `startStride` bytes apart. */
function tile(rows: number, isFused: boolean): WasmFunction {
  const [a, aStride, aStep, panel, depth, start, startStride, c, cStride, end] = locals();
  const row = Array.from({ length: rows }, (_, i) => 10 + i); // addresses in a
  const [left, right, factor] = locals(10 + rows);
  const sums = Array.from({ length: rows }, (_, i) => [13 + rows + 2 * i, 14 + rows + 2 * i] as const);
  const accumulate = (sum: number, values: number): Code =>
    set(
      sum,
      isFused
        ? timesAddFloats(get(factor), get(values), get(sum))
        : addFloats(get(sum), timesFloats(get(factor), get(values))),
    );
  // One k at a time: of several, V8 would load everything first, and run out of registers.
  const step: Code = [
    set(left, load16Bytes(get(panel))),
    set(right, load16Bytes(get(panel), 16)),
    sums.map(([first, second], r) => [
      set(factor, loadRepeated(get(row[r]!))),
      accumulate(first, left),
      accumulate(second, right),
    ]),
    increase(panel, constant(PANEL_ROW)),
    row.map((address) => increase(address, get(aStep))),
  ];
  return {
    name: `tile${rows}`,
    parameters: 9,
    numbers: 1 + rows,
    vectors: 3 + 2 * rows,
    body: [
      row.map((address, r) => set(address, r === 0 ? get(a) : add(get(row[r - 1]!), get(aStride)))),
      sums.map(([first, second]) => [
        set(first, load16Bytes(get(start))),
        set(second, load16Bytes(get(start), 16)),
        increase(start, get(startStride)),
      ]),
      set(end, add(get(panel), times(get(depth), constant(PANEL_ROW)))),
      asLong(below(get(panel), get(end)), step),
      sums.map(([first, second]) => [
        store16Bytes(get(c), get(first)),
        store16Bytes(get(c), get(second), 16),
        increase(c, get(cStride)),
      ]),
    ],
  };
}

/** The tile's parameters by the number of rows that are left, at most five of them. */
export function tileOf(rows: number, parameters: Code[]): Code {
  const few = [4, 3, 2, 1].reduce<Code>(
    (otherwise, count) =>
      when(
        isEqual(get(rows), count),
        call(numberOf(`tile${count as 1 | 2 | 3 | 4}`), ...parameters),
        otherwise,
      ),
    [],
  );
  return when(less(get(rows), constant(TILE_ROWS)), few, call(numberOf('tile5'), ...parameters));
}
const isEqual = (a: Code, count: number): Code => isZero(subtract(a, constant(count)));

/**
 * `isFused`: with the instruction that multiplies and adds at once, which WebAssembly has where "relaxed SIMD" is (Node 22),
 * and which doubles what a processor can do.
 */
export const tileFunctions = (isFused: boolean): WasmFunction[] =>
  [1, 2, 3, 4, 5].map((rows) => tile(rows, isFused));
