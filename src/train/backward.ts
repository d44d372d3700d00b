// The backward pass over TensorFlow.js's tape, freeing on its way what tf.variableGrads keeps to the end: whatever an
// operation saved for its gradient, and every gradient between the loss and the parameters. In a training step that is
// most of the memory. Stands beside torch.Tensor.backward.
import * as tf from '@tensorflow/tfjs-core';
// Not for its layers: this import is what registers TensorFlow.js's gradients. The Node bundle of tfjs-core leaves
// them out, and without them every backward pass ends in "gradient function not found".
import '@tensorflow/tfjs-layers';
import { registerWasmKernels } from '../backend/kernels/wasm/register.ts';

/** What the tape has of one operation. */
interface TapeNode {
  kernelName: string;
  inputs: tf.NamedTensorMap;
  outputs: tf.Tensor[];
  saved: tf.Tensor[];
  /** Gradients of the outputs, undefined for zero → those of the inputs, each computed when called. */
  gradient?: (ofOutputs: (tf.Tensor | undefined)[]) => Record<string, () => tf.Tensor>;
}

/** The part of TensorFlow.js's engine that keeps the tape: tfjs-core 4.22, src/engine.ts. */
interface Tape {
  startTape(): void;
  endTape(): void;
  state: { activeTape: TapeNode[] | null };
}

/** The scalar that `forward` computes, and its gradient for each variable: undefined where none reaches it. */
export function backward(
  forward: () => tf.Scalar,
  variables: readonly tf.Variable[],
): { value: tf.Scalar; gradients: (tf.Tensor | undefined)[] } {
  registerWasmKernels();
  const nodes: TapeNode[] = [];
  try {
    const value = recorded(forward, nodes);
    return { value, gradients: gradientsOver(nodes, value, variables) };
  } finally {
    for (const { saved } of nodes) tf.dispose(saved);
  }
}

/** Runs `forward` and writes its operations into `nodes`. */
function recorded(forward: () => tf.Scalar, nodes: TapeNode[]): tf.Scalar {
  const engine = tf.engine() as unknown as Tape;
  engine.startTape();
  try {
    return tf.tidy(forward);
  } finally {
    nodes.push(...engine.state.activeTape!);
    engine.endTape();
    engine.state.activeTape = null;
  }
}

function gradientsOver(nodes: TapeNode[], value: tf.Scalar, variables: readonly tf.Variable[]) {
  const needed = reachedFrom(variables, nodes);
  const gradients = new Map<number, tf.Tensor>([[value.id, tf.onesLike(value)]]);
  for (const { outputs, saved, ...node } of nodes.toReversed()) {
    const ofOutputs = outputs.map(({ id }) => gradients.get(id));
    const inputs = Object.entries(node.inputs).filter(([, { id }]) => needed.has(id));
    if (inputs.length > 0 && ofOutputs.some((gradient) => gradient !== undefined)) {
      if (!node.gradient) throw new Error(`TensorFlow.js has no gradient for ${node.kernelName}`);
      const ofInputs = tf.tidy(() => {
        const compute = node.gradient!(ofOutputs);
        return inputs.map(([name]) => {
          const gradient = compute[name]!();
          return ofOutputs.includes(gradient) ? tf.clone(gradient) : gradient; // the output's own is freed below
        });
      });
      inputs.forEach(([, { id }], i) => {
        add(gradients, id, ofInputs[i]!);
      });
    }
    // Nothing that comes before this operation on the tape saw its outputs.
    for (const { id } of outputs) {
      gradients.get(id)?.dispose();
      gradients.delete(id);
    }
    tf.dispose(saved);
  }
  return variables.map(({ id }) => gradients.get(id));
}

/** The tensors that depend on a variable, by id. */
function reachedFrom(variables: readonly tf.Variable[], nodes: readonly TapeNode[]): Set<number> {
  const reached = new Set(variables.map(({ id }) => id));
  for (const { inputs, outputs } of nodes) {
    if (Object.values(inputs).some(({ id }) => reached.has(id))) {
      for (const { id } of outputs) reached.add(id);
    }
  }
  return reached;
}

/** A tensor that several operations used has the sum of their gradients. */
function add(gradients: Map<number, tf.Tensor>, id: number, gradient: tf.Tensor): void {
  const before = gradients.get(id);
  gradients.set(id, before ? tf.add(before, gradient) : gradient);
  if (before) tf.dispose([before, gradient]);
}
