// The job of a batch of matrix products, cut into blocks of rows and columns.
import {
  add,
  type Code,
  call,
  choose,
  constant,
  divide,
  get,
  load,
  locals,
  remainder,
  set,
  subtract,
  times,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { least } from './floats.ts';
import { numberOf } from './order.ts';
import { MOST_COLUMNS, MOST_ROWS } from './product.ts';

/** What a job of `multiply` consists of, in the order in which it lies in memory. */
const FIELDS = [
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

/**
 * One part of a batch of products, for which see above: `index` counts blocks of columns, then of rows, then
 * products. `start` is one row of numbers to begin with; `startStep` is 4, or 0 where it is zeros for every block.
 */
function multiply(): WasmFunction {
  const [job, index, scratch, row, column, rows, columns] = locals();
  const field = (name: (typeof FIELDS)[number]): Code => load(get(job), 4 * FIELDS.indexOf(name));
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
      set(columns, least(subtract(field('columns'), get(column)), constant(MOST_COLUMNS))),
      set(rows, least(subtract(field('rows'), get(row)), constant(MOST_ROWS))),
      call(
        numberOf('product'),
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

export const multiplyFunctions: WasmFunction[] = [multiply()];
