// The options of a recorded training, from the JSON object `train` in a recording's metadata. Names are PyTorch's.

export interface RecordedTraining {
  steps: number;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weight_decay: number;
}

const MOST_STEPS = 1000;

const RANGES: Readonly<
  Record<keyof RecordedTraining, readonly [expected: string, fits: (value: number) => boolean]>
> = {
  steps: [`a whole number, 1 to ${MOST_STEPS}`, (n) => Number.isInteger(n) && n >= 1 && n <= MOST_STEPS],
  lr: ['a number over 0', (x) => x > 0],
  beta1: ['0 to 1, 1 excluded', (x) => x >= 0 && x < 1],
  beta2: ['0 to 1, 1 excluded', (x) => x >= 0 && x < 1],
  eps: ['a number over 0', (x) => x > 0],
  weight_decay: ['a number from 0', (x) => x >= 0],
};

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
  const options: Partial<RecordedTraining> = {};
  for (const name of Object.keys(RANGES) as (keyof RecordedTraining)[]) {
    const [expected, fits] = RANGES[name];
    const option = value?.[name];
    if (typeof option !== 'number' || !Number.isFinite(option) || !fits(option)) {
      return {
        problem: `train.${name} in __metadata__: expected ${expected}, got ${JSON.stringify(option) ?? 'none'}`,
      };
    }
    options[name] = option;
  }
  return { options: options as RecordedTraining };
}

/** The first option in which two trainings differ, in a few words; undefined where they are the same. */
export function differenceOfTrainings(a: RecordedTraining, b: RecordedTraining): string | undefined {
  const name = (Object.keys(RANGES) as (keyof RecordedTraining)[]).find((key) => a[key] !== b[key]);
  return name && `trained with another ${name}: ${a[name]} instead of ${b[name]}`;
}
