// The canvas of a way, with its settings (docs/generate.md says how well its pictures are recognised).
import type { Bits } from '../../data/random.ts';
import type { Canvas, Way } from './canvas.ts';
import { fourierCanvas } from './fourier.ts';
import { pixelCanvas } from './pixels.ts';
import { shapeCanvas } from './shapes.ts';

/** The finest wave in `fourier`, as a share of the canvas's side: 5 pixels long. */
const FINEST = 0.2;

/** The weight of total variation. Pixels have nothing else that holds them together. */
export const VARIATION: Readonly<Record<Way, number>> = { shapes: 0, fourier: 4, pixels: 12 };

export interface CanvasSettings {
  side: number;
  bits: Bits;
  /** The weight of total variation, in `pixels` and `fourier`. */
  variation: number;
  /** A picture to start from, [3, side, side], 0 … 1; `shapes` takes none. */
  start: Float32Array | undefined;
}

export function makeCanvas(by: Way, { side, bits, variation, start }: CanvasSettings): Canvas {
  if (by === 'pixels') return pixelCanvas(side, bits, { variation, start });
  if (by === 'shapes') return shapeCanvas(bits);
  return fourierCanvas(side, bits, { waves: Math.round(FINEST * side), decay: 1, variation, start });
}
