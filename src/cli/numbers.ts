// Numbers on the command line, as commander's argument parsers: a wrong one is a wrong usage.
import { InvalidArgumentError } from 'commander';

type Parser<T> = (value: string) => T;

/** A whole number of at least `least`. */
export function wholeNumber(least: number): Parser<number> {
  return (value) => {
    if (!/^-?\d+$/.test(value) || Number(value) < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    return Number(value);
  };
}

/** The same for an option that may be repeated. */
export function wholeNumbers(least: number): (value: string, before?: number[]) => number[] {
  return (value, before = []) => [...before, wholeNumber(least)(value)];
}

/** `1,2,4` → whole numbers of at least `least`, all different. */
export function wholeList(least: number): Parser<number[]> {
  return (value) => {
    const numbers = value.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
    if (numbers.every((number) => number >= least) && new Set(numbers).size === numbers.length)
      return numbers;
    throw new InvalidArgumentError(`expected different whole numbers of at least ${least}, as in 1,2,4.`);
  };
}

export function numberOver(least: number): Parser<number> {
  return aNumber(`a number over ${least}`, (number) => number > least);
}

export function numberFrom(least: number): Parser<number> {
  return aNumber(`a number of at least ${least}`, (number) => number >= least);
}

/** 0 or more, below 1. */
export const shareBelowOne: Parser<number> = aNumber('a number, 0 or more, below 1', (x) => x >= 0 && x < 1);

/** 0 … 1 */
export const probability: Parser<number> = aNumber('a number from 0 to 1', (x) => x >= 0 && x <= 1);

function aNumber(expected: string, fits: (number: number) => boolean): Parser<number> {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (Number.isFinite(number) && fits(number)) return number;
    throw new InvalidArgumentError(`expected ${expected}.`);
  };
}
