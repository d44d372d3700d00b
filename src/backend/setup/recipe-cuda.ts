// NVIDIA's libraries for CUDA 12 that TensorFlow looks for, as NVIDIA publishes them for Python: those that the extra
// `and-cuda` of TensorFlow's wheel names, without what CLIP on one GPU never calls (NCCL, cuRAND, CUPTI).
import type { Wheel } from './wheel.ts';

export interface CudaWheel extends Wheel {
  /** The folder inside the wheel, and where it goes in the cache: TensorFlow's own search path knows it by this name. */
  folder: string;
  /** A machine has all of one set or is given all of it, so that versions are never mixed. */
  set: 'CUDA' | 'cuDNN';
  /** The libraries to load, by the names that TensorFlow looks for. */
  libraries: readonly string[];
  /** What else is taken out; a name that ends in / is a folder. */
  beside: readonly string[];
}

const [OLD, NEW] = ['manylinux2014_x86_64', 'manylinux_2_27_x86_64'];

/** In the order in which they need each other. */
export const CUDA_WHEELS: readonly CudaWheel[] = [
  {
    ...wheel('cuda-runtime', '12.9.79', OLD, 3_493_179, 1_000_000),
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    libraries: ['libcudart.so.12'],
  },
  {
    ...wheel('cuda-nvcc', '12.9.86', OLD, 40_546_229, 36_000_000),
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    libraries: [],
    beside: ['bin/ptxas', 'nvvm/libdevice/libdevice.10.bc'],
  },
  {
    ...wheel('cuda-nvrtc', '12.9.86', OLD, 89_568_129, 114_000_000),
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    libraries: ['libnvrtc.so.12'],
    beside: ['lib/libnvrtc-builtins.so.12.9'],
  },
  {
    ...wheel('cublas', '12.9.3.13', NEW, 581_217_458, 855_000_000),
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    libraries: ['libcublasLt.so.12', 'libcublas.so.12'],
  },
  {
    ...wheel('nvjitlink', '12.9.86', OLD, 39_748_338, 96_000_000),
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    libraries: ['libnvJitLink.so.12'],
  },
  {
    ...wheel('cusparse', '12.5.10.65', OLD, 366_465_088, 487_000_000),
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    libraries: ['libcusparse.so.12'],
  },
  {
    ...wheel('cusolver', '11.7.5.82', NEW, 338_117_415, 302_000_000),
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    libraries: ['libcusolver.so.11'],
  },
  {
    ...wheel('cufft', '11.4.1.4', OLD, 200_877_592, 292_000_000),
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    libraries: ['libcufft.so.11'],
  },
  {
    ...wheel('cudnn', '9.28.0.42', NEW, 716_538_495, 1_163_000_000),
    set: 'cuDNN',
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    libraries: ['libcudnn.so.9'],
    beside: ['lib/'], // it loads its own parts from beside it
  },
];

function wheel(
  part: string,
  version: string,
  platform: string,
  bytes: number,
  kept: number,
): Omit<CudaWheel, 'sha256' | 'libraries'> {
  const name = `nvidia-${part}-cu12`;
  const folder = part.replace('-', '_');
  return { name, version, python: '3.12', platform, bytes, kept, folder, set: 'CUDA', beside: [] };
}
