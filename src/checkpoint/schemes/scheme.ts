// Three programs, three sets of names for the same tensors. A scheme is a pure function from its names to OpenAI's, which
// are this program's own, and its inverse.

export type SchemeName = 'openai' | 'hf' | 'open_clip';

/** A tensor under another scheme's name, and how its numbers lie there. */
export interface Counterpart {
  name: string;
  /** OpenAI keeps q, k and v in one tensor, one below another: which third of it this is. */
  third?: 0 | 1 | 2;
  /** The two axes are exchanged. */
  transposed?: true;
}

export interface NameScheme {
  /** A name of this scheme → OpenAI's; undefined for a name that the scheme does not know. */
  toOpenAI(name: string): Counterpart | undefined;
  /** OpenAI's name → this scheme's, one or three; undefined where the scheme has none, as Hugging Face for a ResNet's. */
  fromOpenAI(name: string): readonly Counterpart[] | undefined;
}
