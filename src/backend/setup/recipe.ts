// What the engine `native` is made of, to the byte: versions and the hashes their registries publish.

export interface NpmPackage {
  name: string;
  version: string;
  /** npm's own `integrity`. */
  integrity: string;
}

export interface Wheel {
  name: string;
  version: string;
  /** The tags of the one file that is used, whatever Python runs pip: its libraries know no Python. */
  python: string;
  platform: string;
  bytes: number;
  sha256: string;
  /** What is taken out of it: shared libraries by name, headers by folder. */
  libraries: readonly string[];
  headers: readonly string[];
}

export interface Recipe {
  /** Names the cache folder; it changes with anything that changes the result. */
  id: string;
  tensorflow: string;
  tfjs: string;
  /** TensorFlow.js's Node package, what its JavaScript needs beside TensorFlow.js itself, and Node's C headers. */
  packages: { node: NpmPackage; headers: NpmPackage; beside: readonly NpmPackage[] };
  wheel: Wheel;
  /** Bytes on the disk while it is being made: the wheel twice (pip's temporary file, its result), the libraries. */
  room: number;
}

export const native: Recipe = {
  id: 'tensorflow-2.21.0-tfjs-4.22.0-1',
  tensorflow: '2.21.0',
  tfjs: '4.22.0',
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
  wheel: {
    name: 'tensorflow-cpu',
    version: '2.21.0',
    python: '3.12',
    platform: 'manylinux_2_27_x86_64',
    bytes: 274_000_871,
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
    headers: ['absl', 'tensorflow/c', 'tensorflow/core/platform', 'tsl/platform', 'xla/tsl'],
  },
  room: 1_500_000_000,
};
