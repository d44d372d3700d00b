// All of self-attention between its two projections, one head of one sequence after another, and its gradient: what lies
// between is in a thread's own room and never a tensor. `joint` is [N, L, 3D], every position's q, k and v side by side.
import {
  add,
  asLong,
  type Code,
  call,
  choose,
  constant,
  divide,
  get,
  less,
  load,
  locals,
  remainder,
  set,
  store,
  subtract,
  times,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { increase } from './floats.ts';
import { numberOf } from './order.ts';
import { PRODUCT_SCRATCH } from './product.ts';

/** A job's fields. `scale` is a float32. The gradient's job has the answer's gradient for `y`. */
const FIELDS = ['joint', 'y', 'heads', 'length', 'width', 'isCausal', 'scale', 'zeros', 'dJoint'] as const;

const [job, index, scratch, length, width, jointRow, row, size, probs, gradients, q, y, i, at, count, left] =
  locals();
const field = (name: (typeof FIELDS)[number]): Code => load(get(job), 4 * FIELDS.indexOf(name));
const scale: Code = add(get(job), constant(4 * FIELDS.indexOf('scale')));
const quadruple = (a: Code): Code => times(a, constant(4));

/** Where this head's part of a sequence begins in a tensor of rows of `bytes`. */
const begin = (of: Code, bytes: number): Code =>
  add(
    of,
    add(
      times(divide(get(index), field('heads')), times(get(length), get(bytes))),
      times(remainder(get(index), field('heads')), quadruple(get(size))),
    ),
  );
/** q, k, v of a joint tensor's part, or the three gradients. */
const part = (of: Code, which: 0 | 1 | 2): Code => add(of, times(get(row), constant(which)));

/** A matrix: where it begins, and the bytes from row to row. */
type Matrix = readonly [begin: Code, row: Code];
const scores: Matrix = [get(probs), quadruple(get(length))];
const dScores: Matrix = [get(gradients), quadruple(get(length))];
const joint = (of: Code, which: 0 | 1 | 2): Matrix => [part(of, which), get(jointRow)];

/** c = a b, all of one head; turned: a is stored as [depth, rows], b as [columns, depth]. */
function multiply(a: Matrix, b: Matrix, c: Matrix, depth: Code, columns: Code, turned?: 'a' | 'b'): Code {
  const steps = turned === 'a' ? [constant(4), a[1]] : [a[1], constant(4)];
  const isTurned = constant(turned === 'b' ? 1 : 0);
  return call(
    numberOf('wideProduct'),
    a[0],
    ...steps,
    ...b,
    isTurned,
    depth,
    columns,
    field('zeros'),
    ...c,
    get(length),
    get(scratch),
  );
}

const prepare: Code = [
  set(length, field('length')),
  set(width, field('width')),
  set(size, divide(get(width), field('heads'))),
  set(row, quadruple(get(width))),
  set(jointRow, times(get(row), constant(3))),
  set(probs, add(get(scratch), constant(PRODUCT_SCRATCH))),
  set(gradients, add(get(probs), quadruple(times(get(length), get(length))))),
  set(q, begin(field('joint'), jointRow)),
  set(y, begin(field('y'), row)),
];

/** softmax(q kᵀ · scale + mask) */
const probabilities: Code = [
  multiply(joint(get(q), 0), joint(get(q), 1), scores, get(size), get(length), 'b'),
  set(i, constant(0)),
  set(at, get(probs)),
  asLong(less(get(i), get(length)), [
    increase(i, constant(1)),
    set(count, choose(field('isCausal'), get(i), get(length))),
    call(numberOf('softmaxRow'), get(at), constant(0), get(at), get(count), scale),
    increase(at, quadruple(get(count))),
    set(left, subtract(get(length), get(count))), // what it may not look at
    asLong(get(left), [
      store(get(at), constant(0), 0),
      increase(at, constant(4)),
      increase(left, constant(-1)),
    ]),
  ]),
];

const attention: WasmFunction = {
  name: 'attention',
  parameters: 3,
  numbers: 13,
  vectors: 0,
  body: [
    prepare,
    probabilities,
    multiply(scores, joint(get(q), 2), [get(y), get(row)], get(length), get(size)),
  ],
};

const attentionGradient: WasmFunction = {
  name: 'attentionGradient',
  parameters: 3,
  numbers: 13,
  vectors: 0,
  body: [
    prepare,
    probabilities,
    multiply([get(y), get(row)], joint(get(q), 2), dScores, get(size), get(length), 'b'),
    set(left, get(length)),
    set(i, get(probs)),
    set(at, get(gradients)),
    asLong(get(left), [
      call(numberOf('softmaxRowGradient'), get(at), get(i), get(at), get(length), scale),
      increase(i, quadruple(get(length))),
      increase(at, quadruple(get(length))),
      increase(left, constant(-1)),
    ]),
    set(at, begin(field('dJoint'), jointRow)),
    multiply(dScores, joint(get(q), 1), joint(get(at), 0), get(length), get(size)),
    multiply(dScores, joint(get(q), 0), joint(get(at), 1), get(length), get(size), 'a'),
    multiply(scores, [get(y), get(row)], joint(get(at), 2), get(length), get(size), 'a'),
  ],
};

export const attentionFunctions: WasmFunction[] = [attention, attentionGradient];
