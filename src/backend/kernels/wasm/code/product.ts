// Matrix products in WebAssembly vectors: c [rows, columns] = a [rows, depth] · b [depth, columns] + start. Stands
// beside a BLAS's sgemm. b is packed, some columns at a time; a and c stay as they are.
import {
  add,
  asLong,
  both,
  type Code,
  call,
  choose,
  constant,
  get,
  less,
  locals,
  repeat,
  set,
  shiftLeft,
  shiftRight,
  subtract,
  times,
  type WasmFunction,
  when,
} from '../../../../assemble-wasm.ts';
import { increase, least } from './floats.ts';
import { numberOf } from './order.ts';
import { packFunctions } from './pack.ts';
import { PANEL_ROW, TILE_COLUMNS, TILE_ROWS, tileFunctions, tileOf } from './tile.ts';

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
      call(numberOf('packTurned'), ...[b, bStride, now, panels, scratch, panelStride].map(get)),
      call(numberOf('pack'), ...[b, bStride, now, panels, scratch, panelStride].map(get)),
    ),
    call(
      numberOf('block'),
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
        numberOf('copy'),
        add(get(b), times(shiftLeft(get(panels), constant(3)), get(bStride))),
        constant(4),
        get(bStride),
        get(scratch),
        constant(PANEL_ROW),
        get(now),
        get(rest),
      ),
      call(
        numberOf('copy'),
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
      set(count, least(get(left), constant(TILE_ROWS))),
      call(
        numberOf('copy'),
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
      call(
        numberOf('copy'),
        get(room),
        constant(PANEL_ROW),
        constant(4),
        get(to),
        get(cStride),
        get(count),
        get(rest),
      ),
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
        set(now, least(get(depth), constant(MOST_DEPTH))),
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
      set(count, least(get(columns), constant(MOST_COLUMNS))),
      call(
        numberOf('product'),
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

export const productFunctions = (isFused: boolean): WasmFunction[] => [
  ...tileFunctions(isFused),
  ...packFunctions,
  block(),
  product(),
  wideProduct(),
];
