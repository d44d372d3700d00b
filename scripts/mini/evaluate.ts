// A model in training, held to labelled pictures: what it calls each of them, zero-shot over all 100 labels.
import type { Cifar100 } from '../../src/data/cifar.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { classify, zeroShotHead } from '../../src/tasks/zero-shot.ts';

/** The number of the label that is nearest to each picture, with `a photo of a {label}` for all of them. */
export async function predict(
  model: LoadedModel,
  { count, image, fineNames }: Pick<Cifar100, 'count' | 'image' | 'fineNames'>,
): Promise<number[]> {
  const head = await zeroShotHead(model, fineNames);
  const pictures = Array.from({ length: count }, (_, i) => image(i));
  const predictions = await classify(model, pictures, head, 1);
  head.features.dispose();
  return predictions.map(([best]) => fineNames.indexOf(best!.label));
}

/** The share of right answers among the pictures that `which` takes, 0 … 1. */
export function accuracy(
  truth: readonly number[],
  predictions: readonly number[],
  which: (label: number) => boolean = () => true,
): number {
  const taken = truth.map((_, i) => i).filter((i) => which(truth[i]!));
  return taken.filter((i) => predictions[i] === truth[i]).length / taken.length;
}
