// What the engines `native` and `cuda` are made of, to the byte: versions and the hashes their registries publish.
import { CUDA_WHEELS, type CudaWheel } from './recipe-cuda.ts';
import type { Wheel } from './wheel.ts';

export type SetUpEngine = 'native' | 'cuda';

export interface NpmPackage {
  name: string;
  version: string;
  /** npm's own `integrity`. */
  integrity: string;
}

export interface TensorFlowWheel extends Wheel {
  /** What is taken out of it: shared libraries by name, headers by folder. */
  libraries: readonly string[];
  headers: readonly string[];
}

export interface Recipe {
  engine: SetUpEngine;
  /** Names the cache folder; it changes with anything that changes the result. */
  id: string;
  tensorflow: string;
  tfjs: string;
  /** TensorFlow.js's Node package, what its JavaScript needs beside TensorFlow.js itself, and Node's C headers. */
  packages: { node: NpmPackage; headers: NpmPackage; beside: readonly NpmPackage[] };
  wheel: TensorFlowWheel;
  /** Some of what TensorFlow.js's JavaScript calls in the binding: they must be there. */
  entries: readonly string[];
  /** NVIDIA's libraries, for those that the machine has not. */
  cuda: readonly CudaWheel[];
}

const common: Pick<Recipe, 'tensorflow' | 'tfjs' | 'packages' | 'entries'> = {
  tensorflow: '2.21.0',
  tfjs: '4.22.0',
  entries: [
    ...['createTensor', 'deleteTensor', 'tensorDataSync', 'executeOp', 'isUsingGpuDevice'],
    ...['TF_Version', 'TF_FLOAT'],
  ],
  packages: {
    node: {
      name: '@tensorflow/tfjs-node',
      version: '4.22.0',
      integrity:
        'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
    },
    headers: {
      name: 'node-api-headers',
      version: '1.9.0',
      integrity:
        'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
    },
    beside: [
      {
        name: 'google-protobuf',
        version: '3.21.4',
        integrity:
          'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
      },
      {
        name: 'progress',
        version: '2.0.3',
        integrity:
          'sha512-7PiHtLll5LdnKIMw100I+8xJXR5gW2QwWYkT6iJva0bXitZKa/XMrSbdmg3r2Xnaidz9Qumd0VPaMrZlF9V9sA==',
      },
    ],
  },
};

const taken: Pick<TensorFlowWheel, 'version' | 'python' | 'libraries' | 'headers'> = {
  version: '2.21.0',
  python: '3.12',
  libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  headers: ['absl', 'tensorflow/c', 'tensorflow/core/platform', 'tsl/platform', 'xla/tsl'],
};

const RECIPES: readonly (Recipe & { arch: string })[] = [
  {
    ...common,
    engine: 'native',
    arch: 'x64',
    id: 'tensorflow-2.21.0-tfjs-4.22.0-1',
    wheel: {
      ...taken,
      name: 'tensorflow-cpu',
      platform: 'manylinux_2_27_x86_64',
      bytes: 274_000_871,
      sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      kept: 900_000_000,
    },
    cuda: [],
  },
  {
    ...common,
    engine: 'native',
    arch: 'arm64',
    id: 'tensorflow-2.21.0-tfjs-4.22.0-arm64-1',
    wheel: {
      ...taken,
      name: 'tensorflow', // for arm64 this one is without CUDA
      platform: 'manylinux_2_27_aarch64',
      bytes: 281_946_471,
      sha256: 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
      kept: 1_000_000_000,
    },
    cuda: [],
  },
  {
    ...common,
    engine: 'cuda',
    arch: 'x64',
    id: 'tensorflow-2.21.0-tfjs-4.22.0-1',
    wheel: {
      ...taken,
      name: 'tensorflow',
      platform: 'manylinux_2_27_x86_64',
      bytes: 572_611_111,
      sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      kept: 1_290_000_000,
    },
    cuda: CUDA_WHEELS,
  },
];

/** The recipe for an engine on a machine; undefined where nobody builds TensorFlow for it. */
export function recipeFor(engine: SetUpEngine, arch: string = process.arch): Recipe | undefined {
  return RECIPES.find((recipe) => recipe.engine === engine && recipe.arch === arch);
}
