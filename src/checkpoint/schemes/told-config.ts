// What a file beside the weights says about the model.
import type { Normalization } from '../../data/pictures/preprocess.ts';
import type { CLIPConfig } from '../../model/config.ts';

export interface ToldConfig {
  /** The file's name. */
  file: string;
  /** What the weights' shapes must agree with. */
  config: CLIPConfig;
  normalization: Normalization;
  /** What it asks for that is done otherwise here, a sentence each. */
  notes: readonly string[];
}
