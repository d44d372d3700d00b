// The axes of a parity figure: across the taps of a tower in the order of computation, upwards the decades of an error.
import { widthOf } from './svg.ts';

export const LETTERS = { size: 12 } as const;
const SPACE = 10; // behind a label, at least

/** What one label on the axis stands for: a block, a stage of a ResNet, or a module by itself. */
interface Part {
  label: string;
  /** Its number, if it is one of many. */
  block: number | undefined;
  taps: string[];
}

const LABELS: readonly [pattern: RegExp, label: string][] = [
  [/\.resblocks\.(\d+)(\.|$)/, 'block $1'],
  [/\.(layer\d+|attnpool|ln_post)(\.|$)/, '$1'],
  [/^tap\.(?:visual\.)?(conv1|ln_final)$/, '$1'],
  [/^tap\.token_embedding$/, 'embedding'],
  [/^tap\.(visual|image_features|text_features)$/, 'features'],
  [/^tap\.logits_/, 'logits'],
];

/** A tap that LABELS does not know belongs to the part before it. */
function partsOf(taps: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (const tap of taps) {
    const last = parts.at(-1);
    const known = LABELS.find(([pattern]) => pattern.test(tap));
    const number = known?.[0].exec(tap)?.[1] ?? '';
    const label = known?.[1].replace('$1', number) ?? last?.label ?? tap.slice(tap.lastIndexOf('.') + 1);
    if (last?.label === label) last.taps.push(tap);
    else parts.push({ label, block: label.startsWith('block ') ? Number(number) : undefined, taps: [tap] });
  }
  return parts;
}

export interface DepthAxis {
  /** Where each tap is, from 0 to the width. */
  places: ReadonlyMap<string, number>;
  /** Where each part begins. Of many blocks, only every second, fourth, … has a label. */
  parts: { left: number; label: string | undefined }[];
}

/** A part is as wide as it has taps; what is no block is at least as wide as its label. */
export function depthAxis(taps: readonly string[], width: number): DepthAxis {
  const parts = partsOf(taps);
  const room = parts.map(({ label }) => widthOf([label], LETTERS) + SPACE);
  const blocks = parts.flatMap(({ block }, i) => (block === undefined ? [] : [i]));
  const most = width / (blocks.length > 0 ? 2 : 1) / (parts.length - blocks.length); // half is left to the blocks
  const least = parts.map(({ block }, i) => (block === undefined ? Math.min(room[i]!, most) : 0));
  const counts = parts.map((part) => part.taps.length);
  const widths = share(width, counts, least);
  const lefts = widths.map((_, i) => sum(widths.slice(0, i)));
  const places = parts.flatMap((part, i) =>
    part.taps.map((tap, j) => [tap, lefts[i]! + (widths[i]! * (j + 0.5)) / counts[i]!] as const),
  );

  const pitch = Math.min(...blocks.map((i) => widths[i]!));
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(...blocks.map((i) => room[i]!)) / pitch)));
  const wanted = parts.map(({ block }) => block === undefined || block % step === 0);
  const fits = (i: number): boolean => {
    const next = wanted.indexOf(true, i + 1);
    return lefts[i]! + room[i]! <= (next < 0 ? width : lefts[next]!) + 1e-6;
  };
  return {
    places: new Map(places),
    parts: parts.map(({ label }, i) => ({
      left: lefts[i]!,
      label: wanted[i] && fits(i) ? label : undefined,
    })),
  };
}

/** Divides `total` in proportion to `counts`, but nobody gets less than its `least`. */
function share(total: number, counts: readonly number[], least: readonly number[]): number[] {
  const isRaised = counts.map(() => false);
  for (;;) {
    const rest = total - sum(least.filter((_, i) => isRaised[i]));
    const unit = rest / sum(counts.filter((_, i) => !isRaised[i]));
    const short = counts.findIndex((count, i) => !isRaised[i] && count * unit < least[i]!);
    if (short < 0) return counts.map((count, i) => (isRaised[i] ? least[i]! : count * unit));
    isRaised[short] = true;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

const MOST_LABELS = 8;

export interface ErrorAxis {
  /** The powers of ten that are labelled, from the lowest to the highest of the axis. */
  powers: number[];
  /** Of a power of ten: 0 at the bottom, 1 at the top. */
  place(power: number): number;
}

/** Whole decades around some errors above 0, at least three. */
export function errorAxis(errors: readonly number[]): ErrorAxis {
  const powers = (errors.length > 0 ? errors : [1e-6]).map(Math.log10);
  const most = Math.ceil(Math.max(...powers));
  const least = Math.min(most - 3, Math.floor(Math.min(...powers)));
  const step = Math.ceil((most - least + 1) / MOST_LABELS);
  const [low, high] = [step * Math.floor(least / step), step * Math.ceil(most / step)];
  const labelled = Array.from({ length: (high - low) / step + 1 }, (_, i) => low + i * step);
  return { powers: labelled, place: (power) => (power - low) / (high - low) };
}
