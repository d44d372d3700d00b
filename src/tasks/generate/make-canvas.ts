// The canvas of a way, with the settings that were found to be recognised best (docs/generate.md).
import type { Bits } from '../../data/random.ts';
import type { Canvas, Way } from './canvas.ts';
import { fourierCanvas } from './fourier.ts';
import { pixelCanvas } from './pixels.ts';
import { shapeCanvas } from './shapes.ts';

/** Of `shapes`: each is a painted outline. */
const SHAPES = 3;

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
  if (by === 'fourier') return fourierCanvas(side, bits, { waves: (globalThis as any).T?.waves ?? 8, decay: (globalThis as any).T?.decay ?? 1.5, variation, start });
  return shapeCanvas(bits, { count: (globalThis as any).T?.count ?? SHAPES });
}
