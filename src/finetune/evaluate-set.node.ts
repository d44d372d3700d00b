// Accuracy on any set of pictures with classes: a folder, a table.
import type { LinearHead } from '../checkpoint/head-file.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { type EmbedPicturesOptions, embedPictures } from '../tasks/embed-pictures.node.ts';
import { type Accuracy, Tally } from '../tasks/evaluate.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { labelsAmong } from './class-labels.ts';
import { headProbabilities } from './head-accuracy.ts';

/** Classifies every picture; classes are matched with the head's by name. `count` leaves out what cannot be read. */
export async function evaluateSet(
  loaded: LoadedModel,
  set: PictureSet,
  head: LinearHead,
  options: Omit<EmbedPicturesOptions, 'space'> = {},
): Promise<Accuracy> {
  labelsAmong(
    set,
    Array.from({ length: set.count }, (_, i) => i),
    head.labels,
  ); // before they are encoded
  const { features, kept } = await embedPictures(loaded, set, { ...options, space: head.features });
  const truth = labelsAmong(set, kept, head.labels);
  const probabilities = await headProbabilities(head, features);
  const classes = head.labels.length;
  const tally = new Tally(classes);
  truth.forEach((label, row) => {
    const own = probabilities[row * classes + label]!;
    let place = 0;
    for (let i = 0; i < classes; i++) {
      const other = probabilities[row * classes + i]!;
      if (other > own || (other === own && i < label)) place += 1;
    }
    tally.add(label, place);
  });
  const { seen } = set;
  if (!seen) return tally.accuracy();
  return tally.accuracy(head.labels.map((name) => seen[set.classes!.indexOf(name)] === true));
}
