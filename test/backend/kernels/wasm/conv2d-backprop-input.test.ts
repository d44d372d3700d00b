import { registerWasmKernels } from '../../../../src/backend/kernels/wasm/register.ts';
import { testGradient } from './convolutions.ts';

testGradient('input', registerWasmKernels);
