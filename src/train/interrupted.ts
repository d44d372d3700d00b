// How a training ends that was told to.
import { ClipError } from '../errors.ts';

/** Told to stop, and stopped: everything is saved. */
export class Interrupted extends ClipError {}
