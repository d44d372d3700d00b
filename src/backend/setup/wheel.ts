// What is known of a Python wheel before it is fetched.

/** One file of a Python package index. */
export interface Wheel {
  name: string;
  version: string;
  /** The tags of the one file that is used, whatever Python runs pip: its libraries know no Python. */
  python: string;
  platform: string;
  bytes: number;
  sha256: string;
  /** Bytes that stay of it once it is unpacked. */
  kept: number;
}
