// The weights a training starts from, drawn from a seed. Stands beside CLIP.initialize_parameters and, for what that
// leaves alone, PyTorch's own defaults of Linear, Conv2d, MultiheadAttention and the normalisations.
import * as tf from '@tensorflow/tfjs-core';
import { normal, randomBits, seedFor, uniform } from '../data/random.ts';
import type { CLIP } from '../model/clip.ts';
import type { Parameter } from '../model/module.ts';

/** How a parameter's numbers are drawn: all alike, from ±`uniform`, or with the standard deviation `normal`. */
export type Start = { constant: number } | { uniform: number } | { normal: number };

/** Gives every parameter its first value. The same seed gives the same numbers, on every engine and machine. */
export function initialize(model: CLIP, seed: number): void {
  const parameters = new Map(model.namedParameters());
  initializeEach(parameters, seed, (name, parameter) => startOf(name, parameter, model, parameters));
}

/** The same for any parameters, each as `startOf` has it. */
export function initializeEach(
  parameters: ReadonlyMap<string, Parameter>,
  seed: number,
  startOf: (name: string, parameter: Parameter) => Start,
): void {
  for (const [name, parameter] of parameters) {
    const start = startOf(name, parameter);
    const tensor = tf.tensor(draw(start, parameter, seedFor(seed, name)), [...parameter.shape]);
    parameter.assign(tensor);
    tensor.dispose();
  }
}

function draw(start: Start, { size }: Parameter, seed: number): Float32Array {
  const values = new Float32Array(size);
  if ('constant' in start) return values.fill(start.constant);
  const bits = randomBits(seed);
  if ('uniform' in start) return values.map(() => start.uniform * uniform(bits));
  return values.map(() => start.normal * normal(bits));
}

function startOf(
  name: string,
  { shape }: Parameter,
  { config }: CLIP,
  parameters: ReadonlyMap<string, Parameter>,
): Start {
  if (name === 'logit_scale') return { constant: Math.log(1 / 0.07) };
  if (name === 'token_embedding.weight') return { normal: 0.02 };
  if (name === 'positional_embedding') return { normal: 0.01 };
  if (name === 'text_projection') return { normal: config.transformer_width ** -0.5 };
  if (name.startsWith('transformer.') && name.endsWith('weight') && shape.length === 2) {
    return { normal: textStandardDeviation(name, config.transformer_width, config.transformer_layers) };
  }
  if (/^visual\.(class_embedding|positional_embedding|proj)$/.test(name)) {
    return { normal: config.vision_width ** -0.5 };
  }
  if (name.startsWith('visual.attnpool.')) {
    const width = parameters.get('visual.attnpool.c_proj.weight')!.shape[1]!;
    if (!name.endsWith('bias')) return { normal: width ** -0.5 };
  }
  if (/layer\d\.\d+\.bn3\.weight$/.test(name)) return { constant: 0 }; // a residual block begins as the identity
  if (name.endsWith('running_mean')) return { constant: 0 };
  if (name.endsWith('running_var')) return { constant: 1 };
  if (name.endsWith('in_proj_bias') || name.endsWith('out_proj.bias')) return { constant: 0 };
  if (name.endsWith('in_proj_weight')) {
    return { uniform: Math.sqrt(6 / (shape[0]! + shape[1]!)) }; // Xavier's
  }
  // Linear and Conv2d: ± 1 / √(inputs of one output), for the bias too. What else is one-dimensional normalises.
  const weight = shape.length > 1 ? shape : parameters.get(name.replace(/bias$/, 'weight'))!.shape;
  if (weight.length > 1) return { uniform: weight.slice(1).reduce((n, size) => n * size, 1) ** -0.5 };
  return { constant: name.endsWith('bias') ? 0 : 1 };
}

/** Narrower for what is added to the residual stream, and the more so the more layers add to it. */
function textStandardDeviation(name: string, width: number, layers: number): number {
  if (name.endsWith('in_proj_weight')) return width ** -0.5;
  if (name.endsWith('c_fc.weight')) return (2 * width) ** -0.5;
  return width ** -0.5 * (2 * layers) ** -0.5; // out_proj, c_proj
}
