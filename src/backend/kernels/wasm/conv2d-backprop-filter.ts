// The gradient of a convolution towards its filter: x [N, H, W, in] and dy [N, h, w, out] → [kh, kw, in, out].
// Stands beside torch.nn.grad.conv2d_weight. The wasm engine of TensorFlow.js 4.22 has no such kernel, and no ResNet
// could be trained there.
//
// At one offset of the filter every position of dy met one position of x. As matrices with a row for each position, the
// gradient there is xᵀ dy, and the engine's matrix product does nearly all of the work. Positions are taken in blocks:
// what is copied out of x stays in the processor's cache and takes little memory, and sums stay short.
import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.ts';
import { registerWasmTransposedMatMul } from './transposed-mat-mul.ts';

/** Rows of a block, about. At ResNet-50's sizes 1024 … 4096 are within 2 % of each other, and others slower. */
const BLOCK = 2048;

type Convolution = tf.backend_util.Conv2DInfo;

/** What both gradients of Conv2D are told. No dilation is among it: TensorFlow.js refuses those before. */
export interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Attributes extends ConvolutionAttributes {
  filterShape: [number, number, number, number];
}

/** Adds the kernel to the wasm engine, where it is missing. Cheap to call again; harmless where wasm never starts. */
export function registerWasmConv2DBackpropFilter(): void {
  registerWasmTransposedMatMul(); // without it xᵀ dy is twenty times slower
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
      const conv = convolution(x, dy, attrs as unknown as Attributes);
      return filterGradient(x, dy, conv, backend as WasmBackend);
    },
  });
}

/** The sizes of the convolution. Throws for one that this kernel cannot do. */
function convolution(x: tf.TensorInfo, dy: tf.TensorInfo, attributes: Attributes): Convolution {
  const { filterShape, strides, pad, dataFormat, dimRoundingMode } = attributes;
  if (dataFormat !== 'NHWC') throw new Error(`Conv2DBackpropFilter on wasm takes NHWC, not ${dataFormat}`);
  const shape = x.shape as [number, number, number, number];
  const conv = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
  if (`${conv.outShape}` !== `${dy.shape}`) {
    throw new Error(
      `Conv2DBackpropFilter on wasm: without dilation dy is [${conv.outShape}], not [${dy.shape}]`,
    );
  }
  return conv;
}

function filterGradient(x: tf.TensorInfo, dy: tf.TensorInfo, conv: Convolution, backend: WasmBackend) {
  const padded = pad(x, conv, backend); // [N, H', W', in]
  const gradient = backend.makeOutput(conv.filterShape, 'float32'); // [kh, kw, in, out]
  const lines = conv.batchSize * conv.outHeight; // of dy, in all pictures
  const step = Math.ceil(BLOCK / conv.outWidth);
  for (let first = 0; first < lines; first += step) {
    const block = { first, end: Math.min(first + step, lines) };
    const right = rowsOfDy(dy, block, conv, backend); // [rows, out]
    for (let offset = 0; offset < conv.filterHeight * conv.filterWidth; offset++) {
      const left = rowsOfX(padded, block, offset, conv, backend); // [rows, in]
      const product = tf.getKernel('BatchMatMul', 'wasm').kernelFunc({
        inputs: { a: left, b: right },
        backend,
        attrs: { transposeA: true, transposeB: false },
      }) as tf.TensorInfo; // [in, out]
      add(product, gradient, offset, first === 0, backend);
      for (const { dataId } of [left, product]) backend.disposeData(dataId);
    }
    backend.disposeData(right.dataId);
  }
  if (padded !== x) backend.disposeData(padded.dataId);
  return gradient;
}

/** x with the zeros around it that the filter met; x itself where it met none: [N, H, W, in] → [N, H', W', in]. */
function pad(x: tf.TensorInfo, conv: Convolution, backend: WasmBackend): tf.TensorInfo {
  const { top, left } = conv.padInfo;
  const bottom = (conv.outHeight - 1) * conv.strideHeight + conv.filterHeight - top - conv.inHeight;
  const right = (conv.outWidth - 1) * conv.strideWidth + conv.filterWidth - left - conv.inWidth;
  const zeros = [
    [0, 0],
    [top, Math.max(0, bottom)],
    [left, Math.max(0, right)],
    [0, 0],
  ];
  if (zeros.flat().every((size) => size === 0)) return x;
  const kernel = tf.getKernel('PadV2', 'wasm').kernelFunc;
  return kernel({ inputs: { x }, backend, attrs: { paddings: zeros, constantValue: 0 } }) as tf.TensorInfo;
}

/** Lines of dy, counted through all pictures. */
interface Block {
  first: number;
  end: number;
}

/** A block of dy: [N, h, w, out] → [rows, out]. */
function rowsOfDy(dy: tf.TensorInfo, { first, end }: Block, conv: Convolution, backend: WasmBackend) {
  const { outWidth, outChannels } = conv;
  const rows = backend.makeOutput([(end - first) * outWidth, outChannels], 'float32'); // [rows, out]
  // Views of the engine's memory, here and below, are taken after makeOutput: a growing memory moves.
  const [from, to] = [dy, rows].map((tensor) => backend.typedArrayFromHeap(tensor));
  to!.set(from!.subarray(first * outWidth * outChannels, end * outWidth * outChannels));
  return rows;
}

/** What of x a block of dy met at one offset of the filter: [N, H', W', in] → [rows, in]. */
function rowsOfX(
  x: tf.TensorInfo,
  { first, end }: Block,
  offset: number,
  conv: Convolution,
  backend: WasmBackend,
): tf.TensorInfo {
  const { outHeight, outWidth, inChannels, strideHeight, strideWidth, filterWidth } = conv;
  const [, height, width] = x.shape as [number, number, number, number];
  const [down, across] = [Math.floor(offset / filterWidth), offset % filterWidth];
  const rows = backend.makeOutput([(end - first) * outWidth, inChannels], 'float32'); // [rows, in]
  const [from, to] = [x, rows].map((tensor) => backend.typedArrayFromHeap(tensor));
  const run = strideWidth === 1 ? outWidth : 1; // positions that lie side by side in x too
  let written = 0;
  for (let line = first; line < end; line++) {
    const [picture, y] = [Math.floor(line / outHeight), line % outHeight];
    const start = (picture * height + y * strideHeight + down) * width + across;
    for (let column = 0; column < outWidth; column += run) {
      const read = (start + column * strideWidth) * inChannels;
      to!.set(from!.subarray(read, read + run * inChannels), written);
      written += run * inChannels;
    }
  }
  return rows;
}

/** Adds a block's product, [in, out], to the gradient at an offset of the filter; the first block's begins the sum. */
function add(
  product: tf.TensorInfo,
  gradient: tf.TensorInfo,
  offset: number,
  isFirst: boolean,
  backend: WasmBackend,
): void {
  const [from, to] = [product, gradient].map((tensor) => backend.typedArrayFromHeap(tensor));
  const start = offset * from!.length;
  if (isFirst) to!.set(from!, start);
  else for (let i = 0; i < from!.length; i++) to![start + i]! += from![i]!;
}
