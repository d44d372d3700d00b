// The stack machine that a pickle is a program for. It has a stack, marks and a memo, and can only build values:
// the one way to anything else is `call`, which reaches nothing but the functions its caller listed.
import { ClipError } from '../../errors.ts';
import { Cursor } from './cursor.ts';
import {
  describeValue,
  NAME_ONLY,
  PickleGlobal,
  type PickleGlobals,
  PickleObject,
  type PickleValue,
} from './values.ts';

/** Marks that may be open at once. Python's own writer stops at its recursion limit, a tenth of this. */
const MOST_MARKS = 10_000;

export class Machine {
  readonly cursor: Cursor;
  readonly #globals: PickleGlobals;
  readonly #persistent: ((id: PickleValue) => PickleValue) | undefined;
  /** The values above the last mark. */
  #stack: PickleValue[] = [];
  /** The stacks below each open mark. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, globals: PickleGlobals, persistent?: (id: PickleValue) => PickleValue) {
    this.cursor = new Cursor(bytes);
    this.#globals = globals;
    this.#persistent = persistent;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new ClipError('an empty stack where a value is needed');
    return value;
  }

  peek(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new ClipError('an empty stack where a value is needed');
    return value;
  }

  /** POP: the value on top or, if there is none above it, the last mark. */
  drop(): void {
    if (this.#stack.length === 0 && this.#below.length > 0) this.popToMark();
    else this.pop();
  }

  mark(): void {
    if (this.#below.length >= MOST_MARKS) {
      throw new ClipError('marks nested too deeply', { expected: `at most ${MOST_MARKS}` });
    }
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** The values above the last mark, which is removed with them. */
  popToMark(): PickleValue[] {
    const values = this.#stack;
    const below = this.#below.pop();
    if (!below) throw new ClipError('a mark is needed where there is none');
    this.#stack = below;
    return values;
  }

  list(): PickleValue[] {
    const value = this.peek();
    if (!Array.isArray(value)) throw wrongType('a list', value);
    return value;
  }

  dict(): Map<PickleValue, PickleValue> {
    const value = this.peek();
    if (!(value instanceof Map)) throw wrongType('a dict', value);
    return value;
  }

  set(): Set<PickleValue> {
    const value = this.peek();
    if (!(value instanceof Set)) throw wrongType('a set', value);
    return value;
  }

  remember(index: number): void {
    this.#memo.set(index, this.peek());
  }

  rememberNext(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new ClipError(`memo ${index} is read before it is written`);
    this.push(value);
  }

  /** A global by name: on the caller's list, or refused. */
  global(module: string, name: string): PickleGlobal {
    const full = `${module}.${name}`;
    const allowed = this.#globals(full);
    if (allowed === undefined) {
      throw new ClipError(`a global that is not on the list, ${full.slice(0, 120)}`, {
        hint: 'nothing in the file was executed; only plain values, numpy arrays and tensors are read',
      });
    }
    return new PickleGlobal(full, allowed === NAME_ONLY ? undefined : allowed);
  }

  /** What Python would do as `function(*args)`. */
  call(target: PickleValue, args: PickleValue): PickleValue {
    if (!(target instanceof PickleGlobal)) throw wrongType('a listed function', target);
    if (!target.call) throw new ClipError(`${target.name} is called, which is not on the list`);
    if (!Array.isArray(args)) throw wrongType('a tuple of arguments', args);
    return target.call(...args);
  }

  /** BUILD: gives the object on top its state. */
  setState(state: PickleValue): void {
    const target = this.peek();
    if (target instanceof PickleObject) target.setState(state);
    // A dict's own attributes (torch.save gives state dicts a `_metadata`) are no part of its content.
    else if (!(target instanceof Map)) throw wrongType('an object that takes a state', target);
  }

  persistent(id: PickleValue): PickleValue {
    if (!this.#persistent) throw new ClipError('a persistent id, where the file may have none');
    return this.#persistent(id);
  }

  /** STOP: the one value that is left. */
  result(): PickleValue {
    if (this.#below.length > 0) throw new ClipError('the end comes while a mark is open');
    const value = this.pop();
    if (this.#stack.length > 0) {
      throw new ClipError('values left over at the end', { expected: 1, got: this.#stack.length + 1 });
    }
    return value;
  }
}

function wrongType(expected: string, got: PickleValue): ClipError {
  return new ClipError('a value of the wrong kind', { expected, got: describeValue(got) });
}
