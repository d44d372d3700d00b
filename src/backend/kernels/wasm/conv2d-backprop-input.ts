// The gradient of a convolution towards its input: dy [N, h, w, out] and filter [kh, kw, in, out] → [N, H, W, in].
// Stands beside torch.nn.grad.conv2d_input. The kernel that the wasm engine of TensorFlow.js 4.22 has is right, but a
// plain loop: half the time of a ResNet's training step. Where the stride is 1 this gradient is a convolution of dy, by
// the filter turned half a circle and with in and out exchanged, and the engine's own convolution (XNNPACK) is six times
// faster over an RN50. Other strides stay with the loop: CLIP's ResNets have one, at the picture, which needs none.
import * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from '../replace.ts';
import type { WasmBackend } from './backend.ts';
import type { ConvolutionAttributes } from './conv2d-backprop-filter.ts';

interface Attributes extends ConvolutionAttributes {
  inputShape: [number, number, number, number];
}

/** Puts the convolution in front of the wasm engine's own kernel. Does nothing where that engine is not loaded. */
export function registerWasmConv2DBackpropInput(): void {
  replaceKernel('wasm', 'Conv2DBackpropInput', (plain) => (call) => {
    const { dy, filter } = call.inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo };
    const zeros = zerosAround(dy, filter, call.attrs as unknown as Attributes);
    return zeros ? inputGradient(dy, filter, zeros, call.backend as WasmBackend) : plain(call);
  });
}

/** How much dy is padded with, for the convolution to give the gradient; undefined where no convolution does. */
function zerosAround(
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  { inputShape, strides, pad, dataFormat, dimRoundingMode }: Attributes,
): number[][] | undefined {
  if (dataFormat !== 'NHWC') return undefined;
  const shape = filter.shape as [number, number, number, number];
  const conv = tf.backend_util.computeConv2DInfo(inputShape, shape, strides, 1, pad, dimRoundingMode);
  if (conv.strideHeight !== 1 || conv.strideWidth !== 1) return undefined;
  const top = conv.filterHeight - 1 - conv.padInfo.top;
  const left = conv.filterWidth - 1 - conv.padInfo.left;
  const bottom = conv.inHeight + conv.filterHeight - 1 - top - dy.shape[1]!;
  const right = conv.inWidth + conv.filterWidth - 1 - left - dy.shape[2]!;
  if (Math.min(top, bottom, left, right) < 0) return undefined;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

function inputGradient(dy: tf.TensorInfo, filter: tf.TensorInfo, zeros: number[][], backend: WasmBackend) {
  const run = (name: string, inputs: tf.NamedTensorInfoMap, attrs: object) => {
    const { kernelFunc } = tf.getKernel(name, 'wasm');
    return kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as tf.TensorInfo;
  };
  const exchanged = run('Transpose', { x: filter }, { perm: [0, 1, 3, 2] }); // [kh, kw, out, in]
  const turned = halfCircle(exchanged, backend); // [kh, kw, out, in]
  const attrs = { strides: [1, 1], dilations: [1, 1], pad: zeros, dataFormat: 'NHWC' };
  const gradient = run('Conv2D', { x: dy, filter: turned }, attrs); // [N, H, W, in]
  for (const { dataId } of [exchanged, turned]) backend.disposeData(dataId);
  return gradient;
}

/** The filter's offsets in reverse order. The engine's Reverse does this too, one number at a time. */
function halfCircle(filter: tf.TensorInfo, backend: WasmBackend): tf.TensorInfo {
  const turned = backend.makeOutput([...filter.shape], 'float32'); // [kh, kw, out, in]
  // Views of the engine's memory, taken after makeOutput: a growing memory moves.
  const [from, to] = [filter, turned].map((tensor) => backend.typedArrayFromHeap(tensor));
  const size = filter.shape[2]! * filter.shape[3]!;
  for (let start = 0; start < from!.length; start += size) {
    to!.set(from!.subarray(start, start + size), from!.length - start - size);
  }
  return turned;
}
