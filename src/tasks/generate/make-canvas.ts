// The canvas of a way, with the settings that were found to be recognised best (docs/generate.md).
import type { Bits } from '../../data/random.ts';
import type { Canvas, Way } from './canvas.ts';
import { fourierCanvas } from './fourier.ts';
import { pixelCanvas } from './pixels.ts';
import { shapeCanvas } from './shapes.ts';

/** Of `shapes`: each is a painted outline. */
const SHAPES = 5;

export interface CanvasSettings {
  side: number;
  bits: Bits;
  /** The weight of total variation in `pixels`. */
  variation: number;
  /** A picture to start from, [3, side, side], 0 … 1; `shapes` takes none. */
  start: Float32Array | undefined;
}

export function makeCanvas(by: Way, { side, bits, variation, start }: CanvasSettings): Canvas {
  if (by === 'pixels') return pixelCanvas(side, bits, { variation, start });
  if (by === 'fourier') return fourierCanvas(side, bits, { waves: Math.floor(side / 4), decay: 1, start });
  return shapeCanvas(bits, { count: SHAPES });
}
