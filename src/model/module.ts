// The base of every layer: parameters under PyTorch's names, and one place where memory is cleaned and values
// are observed. Stands beside torch.nn.Module and torch.nn.Parameter.
//
// Legend of the shape comments, here and in every file of this folder:
//   N batch · L sequence · D width · H heads · g grid (patches a side) · P patch size · R resolution · E embedding
import * as tf from '@tensorflow/tfjs-core';

/** How a parameter's axes are stored: stored axis i is PyTorch's axis `order[i]`. Both fast paths want these. */
export const LINEAR_ORDER: readonly number[] = [1, 0]; // [out, in] → [in, out]
export const CONV_ORDER: readonly number[] = [2, 3, 1, 0]; // [out, in, h, w] → [h, w, in, out]

/** One tensor of a checkpoint. It has PyTorch's shape from the start and its value once a checkpoint is loaded. */
export class Parameter {
  readonly shape: readonly number[];
  readonly order: readonly number[];
  /** False for buffers (batch norm's running statistics): loaded and saved, never trained. */
  readonly trainable: boolean;
  /** What is added to x W where this is W, x [..., in] → [..., out]: LoRA's way in. Nothing unless training puts it there. */
  adapter: ((x: tf.Tensor) => tf.Tensor) | undefined;
  #variable: tf.Variable | undefined;

  /** `shape` is PyTorch's; `order` says how the axes are stored here (as they are, if not given). */
  constructor(shape: readonly number[], options: ParameterOptions = {}) {
    this.shape = shape;
    this.order = options.order ?? shape.map((_, axis) => axis);
    this.trainable = options.trainable ?? true;
  }

  /** The value, in stored order. Throws before `assign`. */
  get value(): tf.Variable {
    if (!this.#variable)
      throw new Error(
        `a parameter of shape [${this.shape}] has no value: load a checkpoint first, and do not release it`,
      );
    return this.#variable;
  }

  /** How many numbers it holds. */
  get size(): number {
    return tf.util.sizeFromShape([...this.shape]);
  }

  /** The shape in stored order. */
  get storedShape(): number[] {
    return this.order.map((axis) => this.shape[axis]!);
  }

  get hasValue(): boolean {
    return this.#variable !== undefined;
  }

  /** Takes a tensor in PyTorch's axis order and keeps it in stored order; the given tensor stays the caller's. */
  assign(tensor: tf.Tensor): void {
    this.expectShape(tensor, this.shape);
    const stored = this.isTransposed ? tf.transpose(tensor, [...this.order]) : tensor;
    this.assignStored(stored);
    if (stored !== tensor) stored.dispose();
  }

  /** Takes a tensor that is in stored order already; the given tensor stays the caller's. */
  assignStored(tensor: tf.Tensor): void {
    this.expectShape(tensor, this.storedShape);
    if (this.#variable) this.#variable.assign(tensor);
    else this.#variable = tf.variable(tensor, this.trainable);
  }

  /** The value in PyTorch's axis order; the caller disposes of it. */
  read(): tf.Tensor {
    return this.fromStored(this.value);
  }

  /** A tensor in this parameter's stored order, such as its gradient → in PyTorch's; the caller disposes of it. */
  fromStored(stored: tf.Tensor): tf.Tensor {
    if (!this.isTransposed) return stored.clone();
    const inverse = this.order.map((_, axis) => this.order.indexOf(axis));
    return tf.transpose(stored, inverse);
  }

  /** Frees the value. Whoever loaded a model calls this; no layer does. */
  release(): void {
    this.#variable?.dispose();
    this.#variable = undefined;
  }

  private get isTransposed(): boolean {
    return this.order.some((axis, i) => axis !== i);
  }

  private expectShape(tensor: tf.Tensor, shape: readonly number[]): void {
    if (`${tensor.shape}` === `${shape}`) return;
    throw new Error(`a parameter of shape [${shape}] was given a tensor of shape [${tensor.shape}]`);
  }
}

interface ParameterOptions {
  order?: readonly number[];
  trainable?: boolean;
}

/** Sees a value as it is computed: its state-dict path, and the tensor, which lives only during the call. */
export type Tap = (name: string, tensor: tf.Tensor) => void;

let activeTap: Tap | undefined;

/** Runs `fn` with `tap` firing for the output of every module and for every value named with `Module.observe`. */
export function withTap<T>(tap: Tap, fn: () => T): T {
  const outer = activeTap;
  activeTap = tap;
  try {
    return fn();
  } finally {
    activeTap = outer;
  }
}

/** A layer. Fields that are parameters or modules are its state dict, under their own names. */
export abstract class Module<
  Inputs extends unknown[] = [x: tf.Tensor],
  Output extends tf.TensorContainer = tf.Tensor,
> {
  /** The state-dict path, such as `visual.transformer.resblocks.0.attn`; given by `nameModules`. */
  path: string = '';

  protected abstract forward(...inputs: Inputs): Output;

  /** `forward`, with the temporary tensors freed and the output shown to the tap. */
  call(...inputs: Inputs): Output {
    return tf.tidy(() => {
      const output = this.forward(...inputs);
      if (output instanceof tf.Tensor) this.observe('', output);
      return output;
    });
  }

  /** Shows a value to the tap under this module's path; `name` is empty for the module's own output. */
  protected observe(name: string, value: tf.Tensor): void {
    if (activeTap) activeTap([this.path, name].filter(Boolean).join('.'), this.asObserved(value));
  }

  /** Whether a tap looks on. */
  protected get isObserved(): boolean {
    return activeTap !== undefined;
  }

  /** What a tap sees of a value: PyTorch's axis order, where the layer keeps another one. */
  protected asObserved(value: tf.Tensor): tf.Tensor {
    return value;
  }

  /** The modules directly below this one, by field name. */
  children(): [name: string, child: Module<never[], tf.TensorContainer>][] {
    return Object.entries(this).filter(([, field]) => field instanceof Module);
  }

  /** Every parameter below this module, under its state-dict name. */
  *namedParameters(prefix: string = ''): Generator<[name: string, parameter: Parameter]> {
    for (const [name, field] of Object.entries(this)) {
      if (field instanceof Parameter) yield [prefix + name, field];
    }
    for (const [name, child] of this.children()) yield* child.namedParameters(`${prefix}${name}.`);
  }

  /** Tells every module below its path, so that taps can name it. The root of a model calls this once. */
  protected nameModules(prefix: string = ''): void {
    this.path = prefix;
    for (const [name, child] of this.children()) child.nameModules(prefix ? `${prefix}.${name}` : name);
  }
}

/** Modules one after another, named 0, 1, 2 …, as torch.nn.Sequential names them. */
export class Sequential extends Module {
  readonly modules: readonly Module[];

  constructor(modules: readonly Module[]) {
    super();
    this.modules = modules;
  }

  override children(): [string, Module][] {
    return this.modules.map((module, i) => [String(i), module]);
  }

  protected override forward(x: tf.Tensor): tf.Tensor {
    return this.modules.reduce((value, module) => module.call(value), x);
  }
}
