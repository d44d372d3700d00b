// Pictures with what is said of them: a folder by class, a table of captions, CIFAR-100, Shapes-100, all alike to whoever
// trains or measures. Nothing is decoded here; a set only says where each picture is.
import type { Picture } from '../pictures/picture.ts';

/** A file to decode, or a picture in memory. */
export type PictureSource = { readonly path: string } | { readonly picture: Picture };

export interface PictureSet {
  /** What it was opened by, for messages and reports. */
  readonly name: string;
  readonly count: number;
  /** Changes when the pictures, their order or what is said of them does: what a resumed training compares. */
  readonly fingerprint: string;
  /** The names of the classes, where the pictures have classes. */
  readonly classes?: readonly string[] | undefined;
  /** The class of each picture, an index into `classes`; there where those are. */
  readonly labels?: ArrayLike<number> | undefined;
  /** By class, where some are kept from training: whether it was trained on. */
  readonly seen?: readonly boolean[] | undefined;
  /** What whoever opened the set should know, such as files that were passed over. */
  readonly notes?: readonly string[] | undefined;
  /** What is said of picture 0 … count − 1, one text or several; there where there are no classes. */
  captions?(index: number): readonly string[];
  /** Where picture 0 … count − 1 is. */
  source(index: number): PictureSource;
}
