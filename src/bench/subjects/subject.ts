// What each program looks like to the one that times it. A run gives what was computed, as numbers.

export type Run = () => Promise<Float32Array>;

/** A program whose libraries are there, and whose engine runs. */
export interface Subject {
  readonly version: string;
  /** From the model's files to towers that are ready to run. */
  load(): Promise<Towers>;
}

/** What it can do. Inputs are handed over before the clock starts; answers are in JavaScript's hands before it stops. */
export interface Towers {
  /** float32 [batch, 3, R, R] → features [batch, E] */
  image?(pixels: Float32Array, batch: number): Run;
  /** ids [batch, length] → features [batch, E] */
  text?(ids: Int32Array, batch: number, length: number): Run;
  /** One step of training: the loss before it. */
  train?(pixels: Float32Array, ids: Int32Array, batch: number): Run;
  /** uint8 [480, 640, 3] → float32 [3, R, R] */
  preprocess?(picture: Uint8Array): Run;
  /** Texts → their ids one after another, with start and end of text. */
  tokenize?(texts: readonly string[]): Run;
}
