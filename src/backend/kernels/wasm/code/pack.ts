// Some columns of b copied into panels of eight that lie in the order in which a matrix product reads them.
import {
  add,
  asLong,
  both,
  type Code,
  constant,
  get,
  load,
  load16Bytes,
  locals,
  pick,
  repeat,
  set,
  shiftLeft,
  store,
  store16Bytes,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { increase } from './floats.ts';
import { PANEL_ROW, TILE_COLUMNS } from './tile.ts';

/** Rows of b, side by side for `panels` panels → the panels. */
function pack(): WasmFunction {
  const [b, bStride, depth, panels, target, panelStride, from, to, left] = locals();
  return {
    name: 'pack',
    parameters: 6,
    numbers: 3,
    vectors: 0,
    body: asLong(get(depth), [
      set(from, get(b)),
      set(to, get(target)),
      set(left, get(panels)),
      repeat(
        [
          store16Bytes(get(to), load16Bytes(get(from))),
          store16Bytes(get(to), load16Bytes(get(from), 16), 16),
          increase(from, constant(PANEL_ROW)),
          increase(to, get(panelStride)),
          increase(left, constant(-1)),
        ],
        get(left),
      ),
      increase(b, get(bStride)),
      increase(target, constant(PANEL_ROW)),
      increase(depth, constant(-1)),
    ]),
  };
}

/** The same where b is stored as [columns, depth]. */
function packTurned(): WasmFunction {
  const [b, bStride, depth, panels, target, panelStride, to, left] = locals();
  const row = Array.from({ length: TILE_COLUMNS }, (_, i) => 8 + i); // addresses in b
  const [a0, a1, a2, a3, lowA, lowB, highA, highB] = locals(8 + TILE_COLUMNS);
  const half = (first: number): Code => {
    const [a, b, c, d] = [a0, a1, a2, a3].map(get) as [Code, Code, Code, Code];
    const column = (k: number, x: number, y: number, numbers: number[]): Code =>
      store16Bytes(get(to), pick(get(x), get(y), numbers), k * PANEL_ROW + 4 * first);
    return [
      [a0, a1, a2, a3].map((vector, i) => set(vector, load16Bytes(get(row[first + i]!)))),
      set(lowA, pick(a, b, [0, 4, 1, 5])),
      set(lowB, pick(c, d, [0, 4, 1, 5])),
      set(highA, pick(a, b, [2, 6, 3, 7])),
      set(highB, pick(c, d, [2, 6, 3, 7])),
      column(0, lowA, lowB, [0, 1, 4, 5]),
      column(1, lowA, lowB, [2, 3, 6, 7]),
      column(2, highA, highB, [0, 1, 4, 5]),
      column(3, highA, highB, [2, 3, 6, 7]),
    ];
  };
  return {
    name: 'packTurned',
    parameters: 6,
    numbers: 2 + TILE_COLUMNS,
    vectors: 8,
    body: asLong(get(panels), [
      row.map((address, i) => set(address, i === 0 ? get(b) : add(get(row[i - 1]!), get(bStride)))),
      set(to, get(target)),
      set(left, both(get(depth), constant(-4))),
      asLong(get(left), [
        half(0),
        half(4),
        row.map((address) => increase(address, constant(16))),
        increase(to, constant(4 * PANEL_ROW)),
        increase(left, constant(-4)),
      ]),
      set(left, both(get(depth), constant(3))),
      asLong(get(left), [
        row.map((address, i) => [
          store(get(to), load(get(address), 0), 4 * i),
          increase(address, constant(4)),
        ]),
        increase(to, constant(PANEL_ROW)),
        increase(left, constant(-1)),
      ]),
      increase(b, shiftLeft(get(bStride), constant(3))),
      increase(target, get(panelStride)),
      increase(panels, constant(-1)),
    ]),
  };
}

/** Numbers from one place to another, `depth` × `columns`; all steps are in bytes. */
function copy(): WasmFunction {
  const [from, row, column, to, toRow, depth, columns, at, left, offset] = locals();
  return {
    name: 'copy',
    parameters: 7,
    numbers: 3,
    vectors: 0,
    body: asLong(get(depth), [
      set(at, get(from)),
      set(offset, get(to)),
      set(left, get(columns)),
      repeat(
        [
          store(get(offset), load(get(at), 0), 0),
          increase(at, get(column)),
          increase(offset, constant(4)),
          increase(left, constant(-1)),
        ],
        get(left),
      ),
      increase(from, get(row)),
      increase(to, get(toRow)),
      increase(depth, constant(-1)),
    ]),
  };
}

export const packFunctions: WasmFunction[] = [pack(), packTurned(), copy()];
