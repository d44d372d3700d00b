// Deliberate mistakes of the kind that ports make, each switched on from outside: a function of the program replaced, a
// layer's forward exchanged, a constant or a parameter changed. Each says which row of a report must be the first over
// its bar.
import * as tf from '@tensorflow/tfjs-core';
import { bilinear } from '../../src/data/pictures/kernel.ts';
import { Attention } from '../../src/model/attention.ts';
import { AttentionPool2d } from '../../src/model/attention-pool.ts';
import { CLIP } from '../../src/model/clip.ts';
import { BatchNorm2d, Conv2d, type Conv2d as Convolution } from '../../src/model/convolution.ts';
import { LayerNorm } from '../../src/model/layers.ts';
import type { Parameter } from '../../src/model/module.ts';
import { gelu, joinHeads, linear, splitHeads } from '../../src/model/ops.ts';
import { ResidualAttentionBlock } from '../../src/model/transformer.ts';
import { VisionTransformer } from '../../src/model/vision-transformer.ts';
import type { Part } from '../../src/parity/keys.ts';
import type { Case } from './support.ts';
import * as training from './training-faults.ts';

/** The ways in which a fault reaches into the program, and the model that is about to run. */
export interface Switches {
  /** Puts another function in the place of one of the program's, such as `ops.gelu`. */
  replace(name: string, faulty: unknown): void;
  /** Exchanges a property of a class, a prototype or an object. */
  swap(object: object, property: string, value: unknown): void;
  model: CLIP;
}

export interface Fault {
  mistake: string;
  case: Case;
  part: Part;
  /** The row that must be the first over its bar. */
  first: string;
  on(switches: Switches): void;
}

const BLOCK = 'visual.transformer.resblocks.0';

/** What a layer's protected methods look like to a fault that takes their place. */
interface Observing {
  observe(name: string, value: tf.Tensor): void;
}

type Attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.Tensor;

/** A parameter whose value passes through `fault` on its way into the model. */
function distort(parameter: Parameter, fault: (value: tf.Tensor) => tf.Tensor): void {
  const { value } = parameter;
  Object.defineProperty(parameter, 'value', { get: () => fault(value) });
}

/** Attention whose scores are multiplied by `scale`, of the width of a head. */
function attendWith(scale: (headWidth: number) => number) {
  return function attend(this: Observing, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask?: tf.Tensor) {
    for (const [name, value] of Object.entries({ q, k, v })) this.observe(name, value);
    const scores = tf.matMul(tf.mul(q, scale(q.shape[3]!)), k, false, true);
    this.observe('scores', scores);
    const probs = tf.softmax(mask ? tf.add(scores, mask) : scores);
    this.observe('probs', probs);
    return joinHeads(tf.matMul(probs, v));
  };
}

/** Each part of the width goes to the head of its number only when the axes are exchanged, not merely renamed. */
function splitWithoutTransposing(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.reshape(x, [batch, heads, length, width / heads]);
}

function postNorm(this: ResidualAttentionBlock, x: tf.Tensor): tf.Tensor {
  const attended = this.ln_1.call(tf.add(x, this.attn.call(x)));
  return this.ln_2.call(tf.add(attended, this.mlp.call(attended)));
}

function classTokenLast(this: VisionTransformer, image: tf.Tensor): tf.Tensor {
  const patches = this.conv1.call(image);
  const [batch, , width] = patches.shape as [number, number, number];
  const classToken = tf.tile(tf.reshape(this.class_embedding.value, [1, 1, width]), [batch, 1, 1]);
  const tokens = tf.concat([patches, classToken], 1);
  const x = this.transformer.call(this.ln_pre.call(tf.add(tokens, this.positional_embedding.value)));
  const last = tf.reshape(tf.slice(x, [0, x.shape[1]! - 1, 0], [-1, 1, -1]), [batch, width]);
  return linear(this.ln_post.call(last), this.proj.value);
}

function poolLastPosition(this: CLIP, text: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const tokens = tf.add(this.token_embedding.call(text), this.positional_embedding.value);
    const x = this.ln_final.call(this.transformer.call(tokens));
    const [count, length, width] = x.shape as [number, number, number];
    const last = tf.reshape(tf.slice(x, [0, length - 1, 0], [-1, 1, -1]), [count, width]);
    const features = linear(last, this.text_projection.value) as tf.Tensor2D;
    (this as unknown as Observing).observe('text_features', features);
    return features;
  });
}

/** TensorFlow's `same` padding, which puts the odd pixel at the end; PyTorch pads both sides alike. */
function samePadding(this: Convolution, x: tf.Tensor): tf.Tensor {
  return tf.conv2d(x as tf.Tensor4D, this.weight.value as tf.Tensor as tf.Tensor4D, this.stride, 'same');
}

/** The pool's question without the positional embedding, which belongs to the mean too. */
function askWithoutPosition(this: AttentionPool2d, x: tf.Tensor): tf.Tensor {
  const [batch, height, across, width] = x.shape as [number, number, number, number];
  const positions = tf.reshape(x, [batch, height * across, width]);
  const mean = tf.mean(positions, 1, true);
  const tokens = tf.add(tf.concat([mean, positions], 1), this.positional_embedding.value);
  const [q, k, v] = [this.q_proj.call(mean), this.k_proj.call(tokens), this.v_proj.call(tokens)].map(
    (value) => splitHeads(value, this.heads),
  );
  const pooled = (this as unknown as { attend: Attend }).attend(q!, k!, v!);
  return tf.reshape(this.c_proj.call(pooled), [batch, -1]);
}

function exchangeMeanAndStd(rgb: Uint8Array, pixels: number): Float32Array {
  const [std, mean] = [
    [0.48145466, 0.4578275, 0.40821073],
    [0.26862954, 0.26130258, 0.27577711],
  ] as const;
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const channel = Math.floor(i / pixels);
    return (rgb[(i % pixels) * 3 + channel]! / 255 - mean[channel]!) / std[channel]!;
  });
}

const geluByTanh = (x: tf.Tensor): tf.Tensor =>
  tf.mul(
    tf.mul(x, 0.5),
    tf.add(tf.tanh(tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI))), 1),
  );

const rolled = (table: tf.Tensor): tf.Tensor => {
  const [first, rest] = tf.split(table, [1, table.shape[0]! - 1]);
  return tf.concat([rest!, first!]);
};

function at(part: Part, mistake: string, name: Case, first: string, on: Fault['on']): Fault {
  return { mistake, case: name, part, first, on };
}

/** In the order of the computation. */
export const FAULTS: readonly Fault[] = [
  at('tap', '`same` padding in the strided stem convolution', 'rn', 'tap.visual.conv1', ({ swap }) =>
    swap(Conv2d.prototype, 'forward', samePadding),
  ),
  at('tap', 'batch normalisation with an epsilon of 1e-3', 'rn', 'tap.visual.bn1', ({ swap }) =>
    swap(BatchNorm2d, 'EPSILON', 1e-3),
  ),
  at('tap', "no position on the attention pool's question", 'rn', 'tap.visual.attnpool.q', ({ swap }) =>
    swap(AttentionPool2d.prototype, 'forward', askWithoutPosition),
  ),
  at('tap', 'the class token last', 'vit', 'tap.visual.ln_pre', ({ swap }) =>
    swap(VisionTransformer.prototype, 'forward', classTokenLast),
  ),
  at('tap', 'positions off by one', 'vit', 'tap.visual.ln_pre', ({ model }) =>
    distort((model.visual as VisionTransformer).positional_embedding, rolled),
  ),
  at('tap', 'layer normalisation with an epsilon of 1e-3', 'vit', 'tap.visual.ln_pre', ({ swap }) =>
    swap(LayerNorm, 'EPSILON', 1e-3),
  ),
  at(
    'tap',
    'the norm after the residual sum, not before the branch',
    'vit',
    `tap.${BLOCK}.ln_1`,
    ({ swap }) => swap(ResidualAttentionBlock.prototype, 'forward', postNorm),
  ),
  at(
    'tap',
    'heads split by a reshape alone, without transposing',
    'vit',
    `tap.${BLOCK}.attn.q`,
    ({ replace }) => replace('ops.splitHeads', splitWithoutTransposing),
  ),
  at('tap', 'q not scaled', 'vit', `tap.${BLOCK}.attn.scores`, ({ swap }) =>
    swap(
      Attention.prototype,
      'attend',
      attendWith(() => 1),
    ),
  ),
  at(
    'tap',
    'the scale applied twice, to q and to the scores',
    'vit',
    `tap.${BLOCK}.attn.scores`,
    ({ swap }) =>
      swap(
        Attention.prototype,
        'attend',
        attendWith((headWidth) => 1 / headWidth),
      ),
  ),
  at('tap', 'GELU instead of QuickGELU', 'vit', `tap.${BLOCK}.mlp.gelu`, ({ replace }) =>
    replace('ops.quickGelu', gelu),
  ),
  at('tap', "GELU's approximation by tanh", 'vit-gelu', `tap.${BLOCK}.mlp.gelu`, ({ replace }) =>
    replace('ops.gelu', geluByTanh),
  ),
  at('tap', 'no causal mask', 'vit', 'tap.transformer.resblocks.0.attn.probs', ({ replace }) =>
    replace('ops.causalMask', (length: number) => tf.zeros([length, length])),
  ),
  at(
    'tap',
    'the text pooled at its last position, not at its end token',
    'vit',
    'tap.text_features',
    ({ swap }) => swap(CLIP.prototype, 'encodeText', poolLastPosition),
  ),
  at('tap', 'the text projection transposed', 'vit', 'tap.text_features', ({ model }) =>
    distort(model.text_projection, (value) => tf.transpose(value)),
  ),
  at('tap', 'features not normalised', 'vit', 'tap.logits_per_image', ({ replace }) =>
    replace('ops.normalize', (features: tf.Tensor) => features),
  ),
  at('tap', 'logit_scale not exponentiated', 'vit', 'tap.logits_per_image', ({ model }) =>
    distort(model.logit_scale, (value) => tf.log(value)),
  ),
  ...training.FAULTS,
  at('tokens', 'no decoding of HTML entities', 'vit', 'expect.tokens', ({ replace }) => {
    for (const name of ['html.unescapeHtml', 'html.unescapeEntities']) replace(name, (text: string) => text);
  }),
  at('pixels', 'a bilinear resize', 'vit', 'expect.pixels.0', ({ replace }) =>
    replace('kernel.bicubic', bilinear),
  ),
  at('pixels', 'mean and standard deviation exchanged', 'vit', 'expect.image.0', ({ replace }) =>
    replace('preprocess.normalize', exchangeMeanAndStd),
  ),
];
