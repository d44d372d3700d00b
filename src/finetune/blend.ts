// The weights between two models: (1 − α) · A + α · B for every parameter (WiSE-FT, Wortsman et al. 2022, section 4).
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { CLIP } from '../model/clip.ts';
import type { Parameter } from '../model/module.ts';

/** Moves `a` between what it was and `b`. Both stay the caller's; `b` is never changed. */
export class Blend {
  readonly #parameters: { target: Parameter; from: tf.Tensor; to: tf.Tensor }[] = [];

  /** Throws ClipError for models of other shapes or other settings, naming what differs. */
  constructor(a: CLIP, b: CLIP) {
    checkAlike(a, b);
    const others = new Map(b.namedParameters());
    for (const [name, target] of a.namedParameters()) {
      // A clone shares the numbers; those that are assigned later are others.
      this.#parameters.push({ target, from: tf.clone(target.value), to: others.get(name)!.value });
    }
  }

  /** Gives `a` the weights at `alpha`, 0 (its own) … 1 (b's); both ends exactly. */
  set(alpha: number): void {
    for (const { target, from, to } of this.#parameters) {
      tf.tidy(() => target.assignStored(tf.add(tf.mul(from, 1 - alpha), tf.mul(to, alpha))));
    }
  }

  /** Gives `a` its own weights back and frees what was kept of them. */
  release(): void {
    for (const { target, from } of this.#parameters) {
      target.assignStored(from);
      from.dispose();
    }
  }
}

const LISTED = 3;

function checkAlike(a: CLIP, b: CLIP): void {
  const [here, there] = [new Map(a.namedParameters()), new Map(b.namedParameters())];
  const without = (names: ReadonlyMap<string, Parameter>, others: ReadonlyMap<string, Parameter>): string[] =>
    [...names].filter(([name]) => !others.has(name)).map(([name, { shape }]) => `${name} [${shape}]`);
  const otherShapes = [...here].flatMap(([name, { shape }]) => {
    const other = there.get(name);
    return other && `${other.shape}` !== `${shape}` ? [`${name} [${shape}] and [${other.shape}]`] : [];
  });
  const otherSettings = Object.keys({ ...a.config, ...b.config }).flatMap((key) => {
    const [mine, its] = [a, b].map(({ config }) => JSON.stringify(config[key as keyof typeof config]));
    return mine === its ? [] : [`${key} ${mine} and ${its}`];
  });
  const parts = [
    listed('only in the first', without(here, there)),
    listed('only in the second', without(there, here)),
    listed('other shapes', otherShapes),
    listed('other settings', otherSettings),
  ].filter(Boolean);
  if (parts.length === 0) return;
  throw new ClipError(`there is nothing between the two models: ${parts.join('; ')}`, {
    hint: 'the second is the first, trained on',
  });
}

function listed(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const more = items.length > LISTED ? `, and ${items.length - LISTED} more` : '';
  return `${title} (${items.length}): ${items.slice(0, LISTED).join(', ')}${more}`;
}
