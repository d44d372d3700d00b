// What a worker of the pool runs.

import { type PixelJob, type PixelSettings, readPixels } from './read-pixels.node.ts';
import { takeJobs } from './take-jobs.node.ts';

takeJobs<PixelJob, true, PixelSettings>(readPixels);
