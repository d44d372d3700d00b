// The stack machine that a pickle is a program for. It has a stack, marks and a memo, and can only build values:
// the one way to anything else is `call`, which reaches nothing but the functions its caller listed.
import { ClipError } from '../../errors.ts';
import { Cursor } from './cursor.ts';
import { keyCheck } from './keys.ts';
import { MOST_ARGUMENTS, MOST_COPIED, MOST_GLOBALS, MOST_MARKS } from './limits.ts';
import {
  describeValue,
  NAME_ONLY,
  PickleGlobal,
  type PickleGlobals,
  PickleObject,
  type PickleValue,
} from './values.ts';

export interface MachineOptions {
  /** What the pickle may name: a function for what it calls, NAME_ONLY for what it only mentions. */
  globals: PickleGlobals;
  /** What stands for a persistent id; without it, one is an error. */
  persistent?: (id: PickleValue) => PickleValue;
  /** What to do about a name that is not on the list. */
  wayOut?: string;
}

export class Machine {
  readonly cursor: Cursor;
  /** Answers a key that a dict or set is to have; throws where there are too many of a kind. */
  readonly key: (key: PickleValue) => PickleValue = keyCheck();
  readonly #options: MachineOptions;
  /** The values above the last mark. */
  #stack: PickleValue[] = [];
  /** The stacks below each open mark. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #named = new Map<string, PickleGlobal>();
  #copied = 0;

  constructor(bytes: Uint8Array, options: MachineOptions) {
    this.cursor = new Cursor(bytes);
    this.#options = options;
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
    const known = this.#named.get(full);
    if (known) return known;
    const { globals, wayOut } = this.#options;
    const allowed = globals(full);
    if (allowed === undefined) {
      const only = 'nothing in the file was executed; only plain values, numpy arrays and tensors are read';
      throw new ClipError(`a global that is not on the list, ${full.slice(0, 120)}`, {
        hint: wayOut ? `${only}: ${wayOut}` : only,
      });
    }
    if (this.#named.size >= MOST_GLOBALS) {
      throw new ClipError('names of classes and functions', { expected: `at most ${MOST_GLOBALS}` });
    }
    const global = new PickleGlobal(full, allowed === NAME_ONLY ? undefined : allowed);
    this.#named.set(full, global);
    return global;
  }

  /** What Python would do as `function(*args)`. */
  call(target: PickleValue, args: PickleValue): PickleValue {
    if (!(target instanceof PickleGlobal)) throw wrongType('a listed function', target);
    if (!target.call) throw new ClipError(`${target.name} is called, which is not on the list`);
    if (!Array.isArray(args)) throw wrongType('a tuple of arguments', args);
    if (args.length > MOST_ARGUMENTS) {
      throw new ClipError(`the arguments of ${target.name}`, {
        expected: `at most ${MOST_ARGUMENTS}`,
        got: args.length,
      });
    }
    for (const argument of args) this.#copied += countOf(argument);
    if (this.#copied > MOST_COPIED) {
      throw new ClipError('values that are copied by calls', { expected: `at most ${MOST_COPIED} in all` });
    }
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
    if (!this.#options.persistent) throw new ClipError('a persistent id, where the file may have none');
    return this.#options.persistent(id);
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

/** Values in a container; what is in those is not gone through by any function. */
function countOf(value: PickleValue): number {
  if (Array.isArray(value)) return value.length;
  return value instanceof Map || value instanceof Set ? value.size : 0;
}

function wrongType(expected: string, got: PickleValue): ClipError {
  return new ClipError('a value of the wrong kind', { expected, got: describeValue(got) });
}
