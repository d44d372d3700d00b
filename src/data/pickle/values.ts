// What a pickle can hold once it is read: plain values, and the few objects its reader's caller allows.

/** None is null; lists and tuples are arrays; a dict is a Map in its order; bytes are views of the file's memory. */
export type PickleValue =
  | null
  | boolean
  | number
  /** A whole number beyond ±2^53. */
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleObject;

/** Stands for a Python class or function; gets the arguments that the pickle would call it with. */
export type PickleFunction = (...args: PickleValue[]) => PickleValue;

/** A name such as `torch.FloatStorage` inside a pickle, with what the caller lets it do (nothing, if not callable). */
export class PickleGlobal {
  readonly name: string;
  readonly call: PickleFunction | undefined;

  constructor(name: string, call: PickleFunction | undefined) {
    this.name = name;
    this.call = call;
  }
}

/** An object that a PickleFunction made and that takes a state, as Python's `__setstate__`. */
export abstract class PickleObject {
  abstract setState(state: PickleValue): void;
}

/** In a table of globals: the name may occur, and is never called. */
export const NAME_ONLY = 'name only';

/** The closed list of what a pickle may name; undefined means refused. */
export type PickleGlobals = (name: string) => PickleFunction | typeof NAME_ONLY | undefined;

/** How an error names a value. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (value instanceof Set) return `a set of ${value.size}`;
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleObject) return value.constructor.name;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return String(value);
}
