// The options of a recorded training, from the JSON object `train` in a recording's metadata. Names are PyTorch's.

export interface RecordedTraining {
  steps: number;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weight_decay: number;
  /** Names that are not trained, `*` for any characters. */
  freeze?: string[];
  /** An adapter on each attention's q, k and v, which alone is trained. */
  lora?: { rank: number; alpha: number };
  /** Longer gradients are shortened to it. */
  clip_norm?: number;
  /** In how many parts the batch goes through the model. */
  accumulate?: number;
}

interface Field {
  expected: string;
  fits(value: unknown): boolean;
  optional?: true;
}

const MOST_STEPS = 1000;

function number(expected: string, fits: (value: number) => boolean): Field {
  return { expected, fits: (value) => typeof value === 'number' && Number.isFinite(value) && fits(value) };
}

/** Up to three `*`: no module's parameters need more to be named. */
function isNamePattern(value: unknown): boolean {
  return typeof value === 'string' && value.split('*').length <= 4;
}

const fromOne = number('a whole number from 1', (n) => Number.isInteger(n) && n >= 1);
const positive = number('a number over 0', (x) => x > 0);
const belowOne = number('0 to 1, 1 excluded', (x) => x >= 0 && x < 1);

const FIELDS: Readonly<Record<keyof RecordedTraining, Field>> = {
  steps: number(
    `a whole number, 1 to ${MOST_STEPS}`,
    (n) => Number.isInteger(n) && n >= 1 && n <= MOST_STEPS,
  ),
  lr: positive,
  beta1: belowOne,
  beta2: belowOne,
  eps: positive,
  weight_decay: number('a number from 0', (x) => x >= 0),
  freeze: {
    expected: 'up to 100 names, with up to three * each for any characters',
    fits: (value) =>
      Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(isNamePattern),
    optional: true,
  },
  lora: {
    expected: 'rank, a whole number from 1, and alpha, a number over 0',
    fits: (value) => {
      const { rank, alpha, ...others } = Object(value) as Record<string, unknown>;
      return fromOne.fits(rank) && positive.fits(alpha) && Object.keys(others).length === 0;
    },
    optional: true,
  },
  clip_norm: { ...positive, optional: true },
  accumulate: { ...fromOne, optional: true },
};
const NAMES = Object.keys(FIELDS) as (keyof RecordedTraining)[];

/** The options, or what is wrong with them in a few words. */
export function readTraining(
  metadata: ReadonlyMap<string, string>,
): { options: RecordedTraining; problem?: undefined } | { options?: undefined; problem: string } {
  const text = metadata.get('train');
  if (text === undefined) return { problem: 'needs the options of the training: train in __metadata__' };
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'train in __metadata__ is no JSON' };
  }
  for (const name of NAMES) {
    const { expected, fits, optional } = FIELDS[name];
    const option = value?.[name];
    if (fits(option) || (optional && option === undefined)) continue;
    return {
      problem: `train.${name} in __metadata__: expected ${expected}, got ${JSON.stringify(option) ?? 'none'}`,
    };
  }
  const options = value as unknown as RecordedTraining;
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name as keyof RecordedTraining));
  if (unknown !== undefined) {
    return { problem: `train.${unknown} in __metadata__: expected some of ${NAMES.join(', ')}` };
  }
  if (options.freeze && options.lora) {
    return {
      problem: 'train in __metadata__: expected freeze or lora, which freezes all but its adapter, got both',
    };
  }
  return { options };
}

/** The first option in which two trainings differ, in a few words; undefined where they are the same. */
export function differenceOfTrainings(a: RecordedTraining, b: RecordedTraining): string | undefined {
  const [ours, theirs] = [a, b].map((options) => (name: keyof RecordedTraining): string => {
    const option = options[name];
    const { rank, alpha } = options.lora ?? {};
    return name === 'lora' && option ? `rank ${rank}, alpha ${alpha}` : `${option ?? 'none'}`;
  });
  const name = NAMES.find((key) => ours!(key) !== theirs!(key));
  return name && `trained with another ${name}: ${ours!(name)} instead of ${theirs!(name)}`;
}
