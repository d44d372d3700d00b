// The layers of the ResNet, channels last: [N, h, w, C]. Stand beside torch.nn.Conv2d, BatchNorm2d, AvgPool2d, ReLU.
import * as tf from '@tensorflow/tfjs-core';
import { CONV_ORDER, Module, Parameter } from './module.ts';

/** What a tap sees of a value that is [N, h, w, C] here: PyTorch's [N, C, h, w]. */
export function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 3, 1, 2]); // [N, C, h, w]
}

/** A module whose output is [N, h, w, C] here and [N, C, h, w] in PyTorch. */
export abstract class SpatialModule extends Module {
  protected override asObserved(x: tf.Tensor): tf.Tensor {
    return channelsFirst(x);
  }
}

/** Convolution without bias; a kernel of 3 is padded by 1, a kernel of 1 not at all. */
export class Conv2d extends SpatialModule {
  readonly weight: Parameter;
  readonly stride: number;

  constructor(inChannels: number, outChannels: number, kernel: 1 | 3, stride: number = 1) {
    super();
    this.weight = new Parameter([outChannels, inChannels, kernel, kernel], { order: CONV_ORDER });
    this.stride = stride;
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const kernel = this.weight.value as tf.Tensor4D; // [h, w, in, out]
    const edge = (kernel.shape[0] - 1) / 2; // zeros on every side, as PyTorch; 'same' would put them unevenly
    const zeros: [number, number][] = [
      [0, 0],
      [edge, edge],
      [edge, edge],
      [0, 0],
    ];
    const padded = edge > 0 ? tf.pad(x, zeros) : x; // [N, h + 2·edge, w + 2·edge, in]
    return tf.conv2d(padded as tf.Tensor4D, kernel, this.stride, 'valid'); // [N, h/s, w/s, out]
  }
}

/** Batch normalisation on its running statistics, in training too: CLIP is fine-tuned with them frozen. */
export class BatchNorm2d extends SpatialModule {
  static readonly EPSILON: number = 1e-5; // PyTorch's default
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly running_mean: Parameter;
  readonly running_var: Parameter;

  constructor(channels: number) {
    super();
    this.weight = new Parameter([channels]);
    this.bias = new Parameter([channels]);
    this.running_mean = new Parameter([channels], { trainable: false });
    this.running_var = new Parameter([channels], { trainable: false });
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const statistics = [this.running_mean, this.running_var, this.bias, this.weight];
    const [mean, variance, bias, weight] = statistics.map((p) => p.value as tf.Tensor as tf.Tensor1D);
    return tf.batchNorm(x, mean!, variance!, bias, weight, BatchNorm2d.EPSILON);
  }
}

export class ReLU extends SpatialModule {
  protected override forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(x);
  }
}

/** The mean of every size × size square; with size 1 the value itself. */
export class AvgPool2d extends SpatialModule {
  readonly size: number;

  constructor(size: number) {
    super();
    this.size = size;
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return this.size === 1 ? x.clone() : tf.avgPool(x as tf.Tensor4D, this.size, this.size, 'valid'); // [N, h/s, w/s, C]
  }
}

export class Identity extends SpatialModule {
  protected override forward(x: tf.Tensor): tf.Tensor {
    return x.clone();
  }
}
