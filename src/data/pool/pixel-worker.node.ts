// What a worker of the pool runs.

import type { PixelRequest } from './pixel-batch.ts';
import { type PixelSettings, readPixels } from './read-pixels.node.ts';
import { takeJobs } from './take-jobs.node.ts';

takeJobs<PixelRequest, Float32Array<ArrayBuffer>, PixelSettings>(async (request, settings) => {
  const outcome = await readPixels(request, settings);
  return [outcome, 'value' in outcome ? [outcome.value.buffer] : []];
});
