// JSON files of settings, read with suspicion: what is missing takes its default, what has another type is an error.
import type { Normalization } from '../data/pictures/preprocess.ts';
import { ClipError } from '../errors.ts';
import { parseJson } from './json-keys.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Throws ClipError, naming `what`, for text that is not JSON or not an object. */
export function parseObject(text: string, what: string): JsonObject {
  const value = parseJson(text, what);
  if (isObject(value)) return value;
  throw new ClipError(what, { expected: 'a JSON object', got: text.slice(0, 60) });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under `key`; empty where there is none. */
export function objectAt(object: JsonObject, key: string, what: string): JsonObject {
  const value = object[key] ?? {};
  if (isObject(value)) return value;
  throw new ClipError(what, { expected: `an object under ${key}`, got: show(value) });
}

/** The whole number of at least 1 under `key`; `fallback` where there is none. */
export function countAt<T>(object: JsonObject, key: string, fallback: T, what: string): number | T {
  const value = object[key];
  if (value === undefined || value === null) return fallback;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new ClipError(what, { expected: `a whole number of ${key}`, got: show(value) });
}

/** Three numbers for red, green and blue under `key`, each above `above`; undefined where there is none. */
function rgbAt(
  object: JsonObject,
  key: string,
  what: string,
  above: number = Number.NEGATIVE_INFINITY,
): readonly [number, number, number] | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  const isRgb =
    Array.isArray(value) && value.length === 3 && value.every((x) => Number.isFinite(x) && x > above);
  if (isRgb) return value as unknown as readonly [number, number, number];
  const expected = `three numbers${above === 0 ? ' above 0' : ''} under ${key}`;
  throw new ClipError(what, { expected, got: show(value) });
}

/** What pictures are normalised by, from the keys that hold it; the part that is not there is left out. */
export function normalizationAt(
  object: JsonObject,
  [meanKey, stdKey]: readonly [mean: string, std: string],
  what: string,
): Normalization {
  const image_mean = rgbAt(object, meanKey, what);
  const image_std = rgbAt(object, stdKey, what, 0);
  return { ...(image_mean && { image_mean }), ...(image_std && { image_std }) };
}

/** A value as an error shows it. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}
