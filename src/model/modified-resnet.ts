// The ResNet image encoder: [N, 3, R, R] → [N, E]. Stands beside OpenAI's ModifiedResNet (CLIP paper, section 2.4):
// three convolutions as stem, average pooling before every strided step, and attention instead of the last pooling.
// TensorFlow.js keeps channels last: values are [N, h, w, C] here, and taps show them as PyTorch's [N, C, h, w].
import * as tf from '@tensorflow/tfjs-core';
import { AttentionPool2d } from './attention-pool.ts';
import type { CLIPConfig } from './config.ts';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  channelsFirst,
  Identity,
  ReLU,
  SpatialModule,
} from './convolution.ts';
import { Module, Sequential } from './module.ts';

const EXPANSION = 4; // a bottleneck's output channels over its inner ones

/** The shortcut where the shape changes; PyTorch names its three steps -1, 0 and 1. */
class Downsample extends SpatialModule {
  readonly '-1': AvgPool2d;
  readonly '0': Conv2d;
  readonly '1': BatchNorm2d;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this['-1'] = new AvgPool2d(stride);
    this['0'] = new Conv2d(inChannels, outChannels, 1);
    this['1'] = new BatchNorm2d(outChannels);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return this['1'].call(this['0'].call(this['-1'].call(x))); // [N, h/s, w/s, C]
  }
}

class Bottleneck extends SpatialModule {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu1: ReLU = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu2: ReLU = new ReLU();
  readonly avgpool: AvgPool2d | Identity;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu3: ReLU = new ReLU();
  readonly downsample: Downsample | undefined;

  constructor(inChannels: number, channels: number, stride: number) {
    super();
    this.conv1 = new Conv2d(inChannels, channels, 1);
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, 3);
    this.bn2 = new BatchNorm2d(channels);
    this.avgpool = stride > 1 ? new AvgPool2d(stride) : new Identity();
    this.conv3 = new Conv2d(channels, channels * EXPANSION, 1);
    this.bn3 = new BatchNorm2d(channels * EXPANSION);
    if (stride > 1 || inChannels !== channels * EXPANSION) {
      this.downsample = new Downsample(inChannels, channels * EXPANSION, stride);
    }
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    const squeezed = this.relu1.call(this.bn1.call(this.conv1.call(x))); // [N, h, w, c]
    const mixed = this.relu2.call(this.bn2.call(this.conv2.call(squeezed))); // [N, h, w, c]
    const expanded = this.bn3.call(this.conv3.call(this.avgpool.call(mixed))); // [N, h/s, w/s, 4c]
    const shortcut = this.downsample ? this.downsample.call(x) : x;
    return this.relu3.call(tf.add(expanded, shortcut));
  }
}

/** A row of bottlenecks; only the first changes the shape. */
class Stage extends Sequential {
  constructor(inChannels: number, channels: number, blocks: number, stride: number) {
    const rest = Array.from({ length: blocks - 1 }, () => new Bottleneck(channels * EXPANSION, channels, 1));
    super([new Bottleneck(inChannels, channels, stride), ...rest]);
  }

  protected override asObserved(x: tf.Tensor): tf.Tensor {
    return channelsFirst(x);
  }
}

export class ModifiedResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu1: ReLU = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu2: ReLU = new ReLU();
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu3: ReLU = new ReLU();
  readonly avgpool: AvgPool2d = new AvgPool2d(2);
  readonly layer1: Stage;
  readonly layer2: Stage;
  readonly layer3: Stage;
  readonly layer4: Stage;
  readonly attnpool: AttentionPool2d;

  constructor(config: CLIPConfig, layers: readonly [number, number, number, number]) {
    super();
    const width = config.vision_width;
    this.conv1 = new Conv2d(3, width / 2, 3, 2);
    this.bn1 = new BatchNorm2d(width / 2);
    this.conv2 = new Conv2d(width / 2, width / 2, 3);
    this.bn2 = new BatchNorm2d(width / 2);
    this.conv3 = new Conv2d(width / 2, width, 3);
    this.bn3 = new BatchNorm2d(width);
    this.layer1 = new Stage(width, width, layers[0], 1);
    this.layer2 = new Stage(width * 4, width * 2, layers[1], 2);
    this.layer3 = new Stage(width * 8, width * 4, layers[2], 2);
    this.layer4 = new Stage(width * 16, width * 8, layers[3], 2);
    const grid = config.image_resolution / 32;
    this.attnpool = new AttentionPool2d(grid, width * 32, config.vision_heads, config.embed_dim);
  }

  protected override forward(image: tf.Tensor): tf.Tensor {
    let x: tf.Tensor = tf.transpose(image, [0, 2, 3, 1]); // [N, R, R, 3]
    x = this.relu1.call(this.bn1.call(this.conv1.call(x))); // [N, R/2, R/2, w/2]
    x = this.relu2.call(this.bn2.call(this.conv2.call(x))); // [N, R/2, R/2, w/2]
    x = this.relu3.call(this.bn3.call(this.conv3.call(x))); // [N, R/2, R/2, w]
    x = this.avgpool.call(x); // [N, R/4, R/4, w]
    x = this.layer1.call(x); // [N, R/4, R/4, 4w]
    x = this.layer2.call(x); // [N, R/8, R/8, 8w]
    x = this.layer3.call(x); // [N, R/16, R/16, 16w]
    x = this.layer4.call(x); // [N, R/32, R/32, 32w]
    return this.attnpool.call(x); // [N, E]
  }
}
