// Picture → picture of another size, byte for byte what Pillow 13's Image.resize gives (Image.py, Resample.c).
// One pass along rows and one along columns, each rounding to the picture's own samples; a side that keeps its
// length has none. Only the window that is asked for is computed, which changes no pixel of it.
import { premultiply, unpremultiply } from './alpha.ts';
import { bicubic, type Kernel, type Weights, weights } from './kernel.ts';
import { CHANNELS, type Picture } from './picture.ts';
import { alongColumns, alongRows, type Samples } from './resample.ts';

/** A rectangle of the resized picture, in its pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes to width × height and gives the part inside `window` (all of it unless said). The mode stays:
 * - `1` and `P` take the nearest pixel, whatever the kernel: between two indices there is no third;
 * - `LA` and `RGBA` are resampled with their colours multiplied by alpha;
 * - `I;16` is resampled in floating point.
 */
export function resize(
  picture: Picture,
  width: number,
  height: number,
  kernel: Kernel = bicubic,
  window: Window = { left: 0, top: 0, width, height },
): Picture {
  const { mode, data } = picture;
  const channels = CHANNELS[mode];
  const result = (samples: Samples['data']): Picture => ({ ...picture, ...size(window), data: samples });
  const unchanged = picture.width === width && picture.height === height;
  if (unchanged || mode === '1' || mode === 'P') return result(nearest(picture, width, height, window));

  const columns = side(picture.width, width, window.left, window.width, kernel);
  const rows = side(picture.height, height, window.top, window.height, kernel);
  const stride = picture.width * channels;
  let samples: Samples = { data, offset: rows.start * stride + columns.start * channels, stride };
  let [neededRows, neededSamples] = [rows.end - rows.start, (columns.end - columns.start) * channels];
  const transparent = mode === 'LA' || mode === 'RGBA';
  if (transparent) samples = premultiply(samples, neededRows, neededSamples, channels);

  const passRows = (): void => {
    if (columns.weights) samples = alongRows(samples, neededRows, channels, columns.weights);
    neededSamples = window.width * channels;
  };
  const passColumns = (): void => {
    if (rows.weights) samples = alongColumns(samples, neededSamples, rows.weights);
    neededRows = window.height;
  };
  // Each pass rounds, so their order shows. Pillow 13 begins with the columns where the height loses more than
  // twice as many pixels as the width; before 13 it always began with the rows.
  const lostHeight = picture.height - height;
  if (lostHeight > 0 && lostHeight > 2 * (picture.width - width)) {
    passColumns();
    passRows();
  } else {
    passRows();
    passColumns();
  }
  if (transparent) unpremultiply(samples.data, channels);
  return result(samples.data);
}

function size({ width, height }: Window): { width: number; height: number } {
  return { width, height };
}

/** What a pass needs of one side: source pixels start … end − 1, and their weights unless the side stays. */
function side(
  source: number,
  target: number,
  from: number,
  count: number,
  kernel: Kernel,
): { start: number; end: number; weights?: Weights } {
  if (source === target) return { start: from, end: from + count };
  const found = weights(source, target, from, count, kernel);
  return { start: found.start, end: found.end, weights: found };
}

/** The window of the picture resized by taking the nearest pixel (the same pixel, where the size stays). */
function nearest(picture: Picture, width: number, height: number, window: Window): Uint8Array | Uint16Array {
  const channels = CHANNELS[picture.mode];
  const columns = nearestIndices(picture.width, width, window.left, window.width);
  const rows = nearestIndices(picture.height, height, window.top, window.height);
  const { data } = picture;
  const target =
    data instanceof Uint16Array
      ? new Uint16Array(columns.length * rows.length)
      : new Uint8Array(columns.length * rows.length * channels);
  let out = 0;
  for (const row of rows) {
    const line = row * picture.width;
    for (const column of columns) {
      const at = (line + column) * channels;
      for (let c = 0; c < channels; c++) target[out++] = data[at + c]!;
    }
  }
  return target;
}

/**
 * Source indices of target pixels `from` … `from + count − 1`. Pillow walks from pixel to pixel, adding the
 * scale; the sum's rounding errors decide which of two neighbours is the nearer, so we walk the same way.
 */
function nearestIndices(source: number, target: number, from: number, count: number): Int32Array {
  const scale = source / target;
  const indices = new Int32Array(count);
  let position = scale * 0.5;
  for (let i = 0; i < from + count; i++) {
    if (i >= from) indices[i - from] = Math.floor(position);
    position += scale;
  }
  return indices;
}
