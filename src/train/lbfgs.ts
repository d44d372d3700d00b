// L-BFGS: the minimum of a smooth function from its values and gradients, with the curvature guessed from the last few
// steps (Liu & Nocedal 1989; Nocedal & Wright, algorithms 7.4 and 7.5). Stands beside torch.optim.LBFGS and scipy's
// fmin_l_bfgs_b, which scikit-learn's LogisticRegression runs. Plain numbers: the engine is in the function, not here.

/** The function's value at `x`, and its gradient there. Neither may keep `x`, which changes afterwards. */
export type Objective = (x: Float64Array) => Promise<{ value: number; gradient: Float64Array }>;

export interface LbfgsOptions {
  /** Steps at most. */
  iterations?: number;
  /** Done once no component of the gradient is larger. */
  tolerance?: number;
  /** Called after each step. */
  onStep?: ((iteration: number, value: number) => void) | undefined;
}

export interface Minimum {
  x: Float64Array;
  value: number;
  iterations: number;
  /** How often the function was asked. */
  evaluations: number;
  /** The gradient vanished, no step went further down (the function's own rounding), or the steps ran out. */
  end: 'gradient' | 'flat' | 'iterations';
}

const HISTORY = 10; // steps remembered, as in scipy
const LONGEST_SEARCH = 20; // evaluations in one line search
// Wolfe's conditions with Nocedal & Wright's constants: a step goes down enough, and the slope has flattened enough.
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/** One step of the past: how x changed, how the gradient did, and 1 / their product. */
interface Memory {
  s: Float64Array;
  y: Float64Array;
  rho: number;
}

/** Goes down from `start`, which stays as it is. */
export async function minimize(
  objective: Objective,
  start: Float64Array,
  { iterations = 1000, tolerance = 1e-5, onStep }: LbfgsOptions = {},
): Promise<Minimum> {
  let x: Float64Array = start.slice();
  let { value, gradient } = await objective(x);
  const past: Memory[] = [];
  let evaluations = 1;
  const ended = (end: Minimum['end'], iteration: number): Minimum => ({
    x,
    value,
    iterations: iteration,
    evaluations,
    end,
  });
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (largest(gradient) <= tolerance) return ended('gradient', iteration);
    const direction = descent(gradient, past);
    const slope = dot(gradient, direction);
    // Before any curvature is known the gradient's length says nothing of how far to go: one unit at most.
    const first = past.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-slope));
    // Bisection for Wolfe's conditions (Lewis & Overton 2013): halve what goes too far, double what does not go far enough.
    let [low, high, length] = [0, Infinity, first];
    let next: { x: Float64Array; value: number; gradient: Float64Array } | undefined;
    for (let tried = 0; tried < LONGEST_SEARCH && !next; tried++) {
      const there = x.map((at, i) => at + length * direction[i]!);
      const answer = await objective(there);
      evaluations += 1;
      if (!(answer.value <= value + DECREASE * length * slope)) high = length;
      else if (dot(answer.gradient, direction) < CURVATURE * slope) low = length;
      else next = { x: there, ...answer };
      length = high === Infinity ? 2 * low : (low + high) / 2;
    }
    if (!next) return ended('flat', iteration);
    const s = sub(next.x, x);
    const y = sub(next.gradient, gradient);
    past.push({ s, y, rho: 1 / dot(s, y) }); // positive, by the second of Wolfe's conditions
    if (past.length > HISTORY) past.shift();
    ({ x, value, gradient } = next);
    onStep?.(iteration + 1, value);
  }
  return ended('iterations', iterations);
}

/** − H g, where H is the inverse curvature that the past suggests: the two-loop recursion. */
function descent(gradient: Float64Array, past: readonly Memory[]): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const shares: number[] = [];
  for (const { s, y, rho } of past.toReversed()) {
    const share = rho * dot(s, direction);
    shares.push(share);
    add(direction, -share, y);
  }
  const last = past.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    direction.forEach((value, i) => {
      direction[i] = scale * value;
    });
  }
  for (const { s, y, rho } of past) add(direction, shares.pop()! - rho * dot(y, direction), s);
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function sub(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}

/** a += scale · b */
function add(a: Float64Array, scale: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i]! += scale * b[i]!;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
