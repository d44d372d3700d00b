// A split in the layout of CIFAR-100's files, for programs that read those: Python's pickle.load, torchvision, our own
// src/data/cifar.ts.
import { NumpyArray } from '../pickle/numpy.ts';
import { type Picklable, writePickle } from '../pickle/write-pickle.ts';
import { COARSE_NAMES, FINE_NAMES } from './classes.ts';
import { SIDE } from './scene.ts';
import type { Shapes100, ShapesSplit } from './shapes.ts';

const PLANE = SIDE * SIDE;

/** The file `meta`: the names of the fine and the coarse labels. */
export function metaPickle(): Uint8Array {
  return writePickle(
    new Map([
      ['fine_label_names', [...FINE_NAMES]],
      ['coarse_label_names', [...COARSE_NAMES]],
    ]),
  );
}

/** The file `train` or `test`: `data` is u1 [count, 3072], a row a picture [3, 32, 32]. */
export function splitPickle(split: Shapes100<ShapesSplit>): Uint8Array {
  const data = new NumpyArray();
  data.shape = [split.count, 3 * PLANE];
  data.data = pixelRows(split);
  const filenames = split.fineLabels.map(
    (fine, i) => `${FINE_NAMES[fine]!.replace(' ', '_')}_s_${String(i).padStart(6, '0')}.png`,
  );
  return writePickle(
    new Map<string, Picklable>([
      ['filenames', filenames],
      ['batch_label', `${split.split === 'test' ? 'testing' : 'training'} batch 1 of 1`],
      ['fine_labels', [...split.fineLabels]],
      ['coarse_labels', [...split.coarseLabels]],
      ['data', data],
    ]),
  );
}

/** [32, 32, 3] → [3, 32, 32] for each picture. */
function pixelRows(split: Shapes100<ShapesSplit>): Uint8Array {
  const rows = new Uint8Array(split.count * 3 * PLANE);
  for (let index = 0; index < split.count; index++) {
    const { data } = split.image(index);
    const row = rows.subarray(index * 3 * PLANE, (index + 1) * 3 * PLANE);
    for (let i = 0; i < PLANE; i++) {
      for (let channel = 0; channel < 3; channel++) row[channel * PLANE + i] = data[3 * i + channel]!;
    }
  }
  return rows;
}
