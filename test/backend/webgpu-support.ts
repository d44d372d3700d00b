// Whether WebGPU can be tested here: in CI, on SwiftShader (apt install chromium libvulkan1,
// VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json).
import { startEngine } from '../../src/backend/engines.node.ts';

/** Whether it starts; where not, the reason is printed. */
export const hasWebGPU: boolean = await startEngine('webgpu').then(
  () => true,
  (error: Error) => {
    console.log(`skipped: tests on webgpu; ${error.message}`);
    return false;
  },
);
