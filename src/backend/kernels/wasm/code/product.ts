// Matrix products in WebAssembly vectors: c [rows, columns] = a [rows, depth] · b [depth, columns] + start. Stands
// beside a BLAS's sgemm. b is copied, some columns at a time, into panels of eight columns that lie in the order in which
// they are read; a and c stay as they are. Five rows of a by a panel are forty sums, which fit into the processor's registers.
import {
  add,
  addFloats,
  asLong,
  below,
  both,
  type Code,
  call,
  choose,
  constant,
  divide,
  get,
  isZero,
  less,
  load,
  load16Bytes,
  loadRepeated,
  locals,
  pick,
  remainder,
  repeat,
  set,
  shiftLeft,
  shiftRight,
  store,
  store16Bytes,
  subtract,
  times,
  timesAddFloats,
  timesFloats,
  type WasmFunction,
  when,
} from '../../../../assemble-wasm.ts';

/** Rows and columns of a tile, and the bytes of a panel's row. */
const [TILE_ROWS, TILE_COLUMNS, PANEL_ROW] = [5, 8, 32];
/** Between panels, so that their beginnings do not fall on the same lines of the cache. */
const PANEL_GAP = 64;
/** The most rows of b that are packed at once: a panel of them stays in the first cache. */
const MOST_DEPTH = 512;
/** The most columns that `product` may be asked for at once. */
export const MOST_COLUMNS = 64;
/** The most rows of a that are worked on between one packing of b and the next; a multiple of a tile's. */
export const MOST_ROWS = 400;
/** Room for the panels, and behind it for a tile. */
const PANELS_BYTES = (MOST_COLUMNS / TILE_COLUMNS) * (MOST_DEPTH * PANEL_ROW + PANEL_GAP);
export const PRODUCT_SCRATCH: number = PANELS_BYTES + TILE_ROWS * PANEL_ROW;

const increase = (local: number, by: Code): Code => set(local, add(get(local), by));

/** The functions' numbers in the module, in which this file's come first. */
const [PACK, PACK_TURNED, COPY, BLOCK] = [5, 6, 7, 8];
const PRODUCT = 9;
export const WIDE_PRODUCT = 10;

/** What a job of `multiply` consists of, in the order in which it lies in memory. */
export const MULTIPLY_FIELDS = [
  'a',
  'aStride',
  'aStep',
  'aBatch',
  'b',
  'bStride',
  'bBatch',
  'isTurned',
  'depth',
  'columns',
  'start',
  'startStep',
  'c',
  'cStride',
  'cBatch',
  'rows',
  'rowBlocks',
  'columnBlocks',
] as const;

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

/** The tile's parameters by the number of rows that are left, at most five of them. */
function tileOf(rows: number, parameters: Code[]): Code {
  const few = [4, 3, 2, 1].reduce<Code>(
    (otherwise, count) => when(isEqual(get(rows), count), call(count - 1, ...parameters), otherwise),
    [],
  );
  return when(less(get(rows), constant(TILE_ROWS)), few, call(TILE_ROWS - 1, ...parameters));
}
const isEqual = (a: Code, count: number): Code => isZero(subtract(a, constant(count)));

/** All rows by some panels. */
function block(): WasmFunction {
  const [a, aStride, aStep, packed, panelStride, depth, start, startStride, c, cStride, rows, panels] =
    locals();
  const [left, panel, from, to] = locals(12);
  return {
    name: 'block',
    parameters: 12,
    numbers: 4,
    vectors: 0,
    body: asLong(less(constant(0), get(rows)), [
      set(panel, get(packed)),
      set(from, get(start)),
      set(to, get(c)),
      set(left, get(panels)),
      repeat(
        [
          tileOf(rows, [a, aStride, aStep, panel, depth, from, startStride, to, cStride].map(get)),
          increase(panel, get(panelStride)),
          increase(from, constant(PANEL_ROW)),
          increase(to, constant(PANEL_ROW)),
          increase(left, constant(-1)),
        ],
        get(left),
      ),
      increase(a, times(get(aStride), constant(TILE_ROWS))),
      increase(start, times(get(startStride), constant(TILE_ROWS))),
      increase(c, times(get(cStride), constant(TILE_ROWS))),
      increase(rows, constant(-TILE_ROWS)),
    ]),
  };
}

/**
 * c = a · b + start, at most MOST_COLUMNS columns. Strides are bytes from row to row; that of `start` is 0 where every row
 * begins with the same numbers. `aStep` is from column to column of a. `isTurned`: b is stored as [columns, depth].
 */
function product(): WasmFunction {
  const [
    a,
    aStride,
    aStep,
    b,
    bStride,
    isTurned,
    depth,
    columns,
    start,
    startStride,
    c,
    cStride,
    rows,
    scratch,
  ] = locals();
  const [panels, rest, now, panelStride, at, from, to, left, count, room] = locals(14);
  const whole: Code = [
    when(
      get(isTurned),
      call(PACK_TURNED, ...[b, bStride, now, panels, scratch, panelStride].map(get)),
      call(PACK, ...[b, bStride, now, panels, scratch, panelStride].map(get)),
    ),
    call(
      BLOCK,
      ...[a, aStride, aStep, scratch, panelStride, now, start, startStride, c, cStride, rows, panels].map(
        get,
      ),
    ),
  ];
  /** The columns that are left over, as a panel whose other columns are nobody's. */
  const partial: Code = [
    when(
      get(isTurned),
      call(
        COPY,
        add(get(b), times(shiftLeft(get(panels), constant(3)), get(bStride))),
        constant(4),
        get(bStride),
        get(scratch),
        constant(PANEL_ROW),
        get(now),
        get(rest),
      ),
      call(
        COPY,
        add(get(b), shiftLeft(get(panels), constant(5))),
        get(bStride),
        constant(4),
        get(scratch),
        constant(PANEL_ROW),
        get(now),
        get(rest),
      ),
    ),
    set(room, add(get(scratch), constant(PANELS_BYTES))),
    set(at, get(a)),
    set(from, add(get(start), shiftLeft(get(panels), constant(5)))),
    set(to, add(get(c), shiftLeft(get(panels), constant(5)))),
    set(left, get(rows)),
    asLong(less(constant(0), get(left)), [
      set(count, choose(less(get(left), constant(TILE_ROWS)), get(left), constant(TILE_ROWS))),
      call(
        COPY,
        get(from),
        get(startStride),
        constant(4),
        get(room),
        constant(PANEL_ROW),
        get(count),
        get(rest),
      ),
      tileOf(left, [
        get(at),
        get(aStride),
        get(aStep),
        get(scratch),
        get(now),
        get(room),
        constant(PANEL_ROW),
        get(room),
        constant(PANEL_ROW),
      ]),
      call(COPY, get(room), constant(PANEL_ROW), constant(4), get(to), get(cStride), get(count), get(rest)),
      increase(at, times(get(aStride), constant(TILE_ROWS))),
      increase(from, times(get(startStride), constant(TILE_ROWS))),
      increase(to, times(get(cStride), constant(TILE_ROWS))),
      increase(left, constant(-TILE_ROWS)),
    ]),
  ];
  return {
    name: 'product',
    parameters: 14,
    numbers: 10,
    vectors: 0,
    body: [
      set(panels, shiftRight(get(columns), constant(3))),
      set(rest, both(get(columns), constant(TILE_COLUMNS - 1))),
      asLong(get(depth), [
        set(now, choose(less(get(depth), constant(MOST_DEPTH)), get(depth), constant(MOST_DEPTH))),
        set(panelStride, add(times(get(now), constant(PANEL_ROW)), constant(PANEL_GAP))),
        when(get(panels), whole),
        when(get(rest), partial),
        set(start, get(c)), // the next rows of b add to what is there
        set(startStride, get(cStride)),
        increase(a, times(get(now), get(aStep))),
        increase(b, times(get(now), choose(get(isTurned), constant(4), get(bStride)))),
        set(depth, subtract(get(depth), get(now))),
      ]),
    ],
  };
}

/** c = a · b of any number of columns; `zeros` are MOST_COLUMNS of them. */
function wideProduct(): WasmFunction {
  const [a, aStride, aStep, b, bStride, isTurned, depth, columns, zeros, c, cStride, rows, scratch, count] =
    locals();
  return {
    name: 'wideProduct',
    parameters: 13,
    numbers: 1,
    vectors: 0,
    body: asLong(less(constant(0), get(columns)), [
      set(count, choose(less(get(columns), constant(MOST_COLUMNS)), get(columns), constant(MOST_COLUMNS))),
      call(
        PRODUCT,
        ...[a, aStride, aStep, b, bStride, isTurned, depth, count, zeros].map(get),
        constant(0),
        ...[c, cStride, rows, scratch].map(get),
      ),
      increase(b, times(get(count), choose(get(isTurned), get(bStride), constant(4)))),
      increase(c, times(get(count), constant(4))),
      set(columns, subtract(get(columns), get(count))),
    ]),
  };
}

/**
 * One part of a batch of products, for which see MULTIPLY_FIELDS: `index` counts blocks of columns, then of rows, then
 * products. `start` is one row of numbers to begin with; `startStep` is 4, or 0 where it is zeros for every block.
 */
function multiply(): WasmFunction {
  const [job, index, scratch, row, column, rows, columns] = locals();
  const field = (name: (typeof MULTIPLY_FIELDS)[number]): Code =>
    load(get(job), 4 * MULTIPLY_FIELDS.indexOf(name));
  const least = (a: Code, most: number): Code => choose(less(a, constant(most)), a, constant(most));
  return {
    name: 'multiply',
    parameters: 3,
    numbers: 4,
    vectors: 0,
    body: [
      set(column, times(remainder(get(index), field('columnBlocks')), constant(MOST_COLUMNS))),
      set(index, divide(get(index), field('columnBlocks'))),
      set(row, times(remainder(get(index), field('rowBlocks')), constant(MOST_ROWS))),
      set(index, divide(get(index), field('rowBlocks'))),
      set(columns, least(subtract(field('columns'), get(column)), MOST_COLUMNS)),
      set(rows, least(subtract(field('rows'), get(row)), MOST_ROWS)),
      call(
        PRODUCT,
        add(field('a'), add(times(get(index), field('aBatch')), times(get(row), field('aStride')))),
        field('aStride'),
        field('aStep'),
        add(
          field('b'),
          add(
            times(get(index), field('bBatch')),
            times(get(column), choose(field('isTurned'), field('bStride'), constant(4))),
          ),
        ),
        field('bStride'),
        field('isTurned'),
        field('depth'),
        get(columns),
        add(field('start'), times(get(column), field('startStep'))),
        constant(0),
        add(
          field('c'),
          add(
            add(times(get(index), field('cBatch')), times(get(row), field('cStride'))),
            times(get(column), constant(4)),
          ),
        ),
        field('cStride'),
        get(rows),
        get(scratch),
      ),
    ],
  };
}

/**
 * In the order of their numbers. `isFused`: with the instruction that multiplies and adds at once, which WebAssembly has
 * where "relaxed SIMD" is (Node 22), and which doubles what a processor can do.
 */
export const productFunctions = (isFused: boolean): WasmFunction[] => [
  ...[1, 2, 3, 4, 5].map((rows) => tile(rows, isFused)),
  pack(),
  packTurned(),
  copy(),
  block(),
  product(),
  wideProduct(),
  multiply(),
];
export const PRODUCT_FUNCTIONS = 12;
