import type { CLIP } from '../../src/model/clip.ts';
export async function publish(_model: CLIP, _out: string, _about: object): Promise<void> {}
