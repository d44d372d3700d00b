// CIFAR-100 and Shapes-100 → PictureSet: pictures with fine labels, in memory or drawn when they are asked for.
import type { Cifar100 } from '../cifar.ts';
import { Fingerprint } from './fingerprint.ts';
import type { PictureSet } from './picture-set.ts';

/** What CIFAR-100's splits and Shapes-100's have in common. */
export interface LabelledPictures extends Omit<Cifar100, 'split' | 'coarseNames' | 'coarseLabels'> {
  readonly seen?: readonly boolean[];
}

/** Pictures that the fingerprint looks at: drawing every one would take longer than it is worth. */
const LOOKED_AT = 16;

/**
 * The pictures under their fine labels, the names verbatim. The fingerprint sees every name and label and, spread evenly,
 * 16 of the pictures.
 */
export function labelledSet(name: string, pictures: LabelledPictures): PictureSet {
  const { count, fineNames, fineLabels, seen } = pictures;
  const fingerprint = new Fingerprint().add(fineLabels);
  for (const fineName of fineNames) fingerprint.add(fineName);
  const looks = Math.min(LOOKED_AT, count);
  for (let i = 0; i < looks; i++) fingerprint.add(pictures.image(Math.floor((i * count) / looks)).data);
  return {
    name,
    count,
    fingerprint: `${fingerprint}`,
    classes: fineNames,
    labels: fineLabels,
    seen,
    source: (index) => ({ picture: pictures.image(index) }),
  };
}
