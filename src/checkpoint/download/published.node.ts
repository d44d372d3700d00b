// What can be fetched by name: OpenAI's nine models and CIFAR-100, each with the folder where Python's code keeps it.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ClipError } from '../../errors.ts';
import { availableModels, OPENAI_MODELS } from '../openai-models.ts';

export interface Digest {
  algorithm: 'sha256' | 'md5';
  /** In hexadecimal. */
  hex: string;
}

export interface PublishedFile {
  /** What the user calls it, such as `ViT-B/32`. */
  name: string;
  file: string;
  url: string;
  digest: Digest;
  /** Where Python's code looks for it, and so does ours. */
  folder: string;
  /** The file has at least and at most so many; `about` is what is said before the server has told. */
  bytes: { least: number; about: number; most: number };
}

export const CIFAR100 = 'cifar100';

/**
 * Bytes of the tensors in each file, computed from the configurations: fp16, but for norms, embeddings, positions and
 * running statistics, which are fp32. For ViT-B/32 that is what the real file holds; the archive around them, which
 * PyTorch writes, adds less than a MB.
 */
export const TENSOR_BYTES: Readonly<Record<string, number>> = {
  RN50: 255_262_868,
  RN101: 290_938_412,
  RN50x4: 421_085_108,
  RN50x16: 660_099_636,
  RN50x64: 1_352_043_476,
  'ViT-B/32': 353_436_700,
  'ViT-B/16': 350_349_340,
  'ViT-L/14': 932_051_996,
  'ViT-L/14@336px': 933_362_716,
};

/** For what a TorchScript archive holds besides tensors: code, names, alignment. */
const ARCHIVE_ROOM = 16e6;

/** The names that `downloadPublished` takes. */
export function downloadableNames(): string[] {
  return [...availableModels(), CIFAR100];
}

/** What is known of a name. Throws ClipError, listing the names, for another one. */
export function publishedFile(name: string): PublishedFile {
  const cache = join(homedir(), '.cache');
  if (name === CIFAR100) {
    const bytes = 169_001_437;
    return {
      name,
      file: 'cifar-100-python.tar.gz',
      url: 'https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz',
      digest: { algorithm: 'md5', hex: 'eb9058c3a382ffc7106e4002c42a8d85' }, // torchvision's
      folder: cache,
      bytes: { least: bytes, about: bytes, most: bytes },
    };
  }
  const model = OPENAI_MODELS.find((known) => known.name === name);
  if (!model) {
    throw new ClipError(`nothing to fetch is called ${name}`, {
      expected: `one of ${downloadableNames().join(', ')}`,
    });
  }
  const about = TENSOR_BYTES[name]!;
  return {
    name,
    file: model.file,
    url: model.url,
    digest: { algorithm: 'sha256', hex: model.sha256 },
    folder: join(cache, 'clip'),
    // All in fp32 is at most twice as much; less than half cannot hold the parameters.
    bytes: { least: Math.floor(about / 2), about, most: about * 2 + ARCHIVE_ROOM },
  };
}
