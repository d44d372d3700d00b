// What TensorFlow and CUDA read from the environment, as CLIP wants it; what the user has set stays.

export const CUDA_SETTINGS: Readonly<Record<string, string>> = {
  // GPU memory as it is needed: else TensorFlow takes all there is at its start.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  // Arithmetic is float32, as in PyTorch by default. From Ampere on TensorFlow would round what it multiplies to TF32's
  // 10 bits; 1 allows it.
  NVIDIA_TF32_OVERRIDE: '0',
};

export function applyCudaSettings(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(CUDA_SETTINGS)) env[name] ??= value;
}
