// A question → its kind, the answers it may have, and for each answer the statements that would then be true: CLIP compares
// pictures with statements. Question to masked statement to one statement an answer, as TAP-C does (Song et al. 2022, "CLIP
// Models are Few-shot Learners"), but by a few patterns and not by a second model; what fits none of them is asked as Shen et
// al. 2021 ("How Much Can CLIP Benefit Vision-and-Language Tasks?") did first: "question: … answer: …".
import { COLOURS, SHAPES } from '../../data/shapes/classes.ts';
import { ANSWERS } from '../../data/shapes/questions.ts';
import { ClipError } from '../../errors.ts';
import { checkLabels } from '../prompts.ts';
import { numberPhrase, placePhrases } from './phrases.ts';

export type AskedKind = 'colour' | 'count' | 'yes/no' | 'position' | 'shape' | 'relation' | 'open';

export interface AskedQuestion {
  readonly kind: AskedKind;
  readonly question: string;
  /** At least one, all different. */
  readonly answers: readonly string[];
  /** For each answer, statements in the same order of forms. */
  readonly statements: readonly (readonly string[])[];
}

/** What a pattern makes of a question. */
interface Reading {
  kind: AskedKind;
  /** Undefined where the question does not say what its answers may be. */
  answers?: readonly string[];
  statements(answer: string): string[];
}

/** Reads a question's words (lower-case, without the mark at its end); undefined where it has another form. */
type Pattern = (words: string) => Reading | undefined;

/**
 * Reads a question. Throws ClipError for an empty one, for `answers` that are empty or equal, and where none are given and
 * the question does not say what they could be.
 */
export function readQuestion(question: string, answers?: readonly string[]): AskedQuestion {
  checkQuestion(question);
  if (answers) checkLabels(answers, 'answer');
  const reading = firstReading(wordsOf(question));
  const candidates = answers ?? reading.answers;
  if (!candidates) {
    throw new ClipError('the question does not say what its answers could be', {
      expected: 'one of colour, number, place or shape, or one answered yes or no',
      got: question,
      hint: 'give them: --answers cat,dog,bird',
    });
  }
  const statements = candidates.map((answer) => reading.statements(answer).map(withArticle));
  return { kind: reading.kind, question, answers: candidates, statements };
}

/** What the answers to a question may be by its form; undefined where it does not say. */
export function usualAnswers(question: string): readonly string[] | undefined {
  return firstReading(wordsOf(question)).answers;
}

function wordsOf(question: string): string {
  return question
    .trim()
    .replace(/[\s?.!]+$/, '')
    .replace(/\s+/g, ' ')
    .toLowerCase()
    .replace(/^(what|where|who)'s\b/, '$1 is');
}

/** Throws ClipError for a question without words. */
export function checkQuestion(question: string): void {
  if (/[\p{L}\p{N}]/u.test(question)) return;
  throw new ClipError('the question is empty', {
    expected: 'a text such as "what colour is the circle?"',
    got: `"${question}"`,
  });
}

function withArticle(statement: string): string {
  return statement.replace(/\ba (?=[aeiou])/g, 'an ');
}

function firstReading(words: string): Reading {
  for (const pattern of PATTERNS) {
    const reading = pattern(words);
    if (reading) return reading;
  }
  return asGiven(words);
}

const ARTICLE = /^(?:the|a|an|this|that|these|those|any|some) /;
/** Words that stand for whatever is meant. */
const GENERIC = /\s?\b(?:things?|objects?|shapes?|ones?|figures?)$/;

const nounOf = (words: string): string => words.replace(ARTICLE, '');

/** A noun with its article: of those that need one, the first three forms are for one thing, else for several. */
function describing(isOne: boolean, phrase: string, sentence: string): string[] {
  const article = isOne ? 'a ' : '';
  return [
    `${article}${phrase}`,
    `a photo of ${article}${phrase}`,
    `a picture of ${article}${phrase}`,
    sentence,
  ];
}

const colour: Pattern = (words) => {
  const found =
    /^what colou?rs? (is|are) (.+)$/.exec(words) ?? /^what (is|are) the colou?rs? of (.+)$/.exec(words);
  if (!found) return undefined;
  const [isOne, noun] = [found[1] === 'is', nounOf(found[2]!)];
  const verb = isOne ? 'is' : 'are';
  return {
    kind: 'colour',
    answers: COLOURS,
    statements: (answer) => describing(isOne, `${answer} ${noun}`, `the ${noun} ${verb} ${answer}`),
  };
};

const count: Pattern = (words) => {
  const found = /^how many (.+?)(?: (?:is|are|do|does|can|were|was|have|has)\b.*)?$/.exec(words);
  if (!found) return undefined;
  const nouns = found[1]!;
  return {
    kind: 'count',
    answers: ANSWERS.count,
    statements: (answer) => {
      const phrase = numberPhrase(answer, nouns);
      const verb = /^(one|1) /.test(phrase) ? 'is' : 'are';
      return [phrase, `a photo of ${phrase}`, `a picture of ${phrase}`, `there ${verb} ${phrase}`];
    },
  };
};

const existence: Pattern = (words) => {
  const found = /^(is|are) there (.+)$/.exec(words);
  if (!found) return undefined;
  const [isOne, noun] = [found[1] === 'is', nounOf(found[2]!)];
  const thing = isOne ? `a ${noun}` : noun;
  const yes = [thing, `a photo of ${thing}`, `there ${found[1]} ${thing}`];
  const no = [`no ${noun}`, `a photo without ${thing}`, `there ${found[1]} no ${noun}`];
  return { kind: 'yes/no', answers: ANSWERS['yes/no'], statements: yesOrNo(words, yes, no) };
};

/** Other questions that a verb begins: what is asked stands for yes, its denial for no. */
const whether: Pattern = (words) => {
  const found = /^(?:is|are|was|were|does|do|did|can|has|have|will) (.+)$/.exec(words);
  if (!found) return undefined;
  const asked = found[1]!;
  const [yes, no] = [
    [asked, `a photo that shows ${asked}`],
    [`not ${asked}`, `a photo that does not show ${asked}`],
  ];
  return { kind: 'yes/no', answers: ANSWERS['yes/no'], statements: yesOrNo(words, yes, no) };
};

function yesOrNo(words: string, yes: string[], no: string[]): (answer: string) => string[] {
  return (answer) => {
    if (/^yes$/i.test(answer)) return yes;
    return /^no$/i.test(answer) ? no : asGiven(words).statements(answer).slice(0, yes.length);
  };
}

const position: Pattern = (words) => {
  const found = /^where (is|are) (.+)$/.exec(words);
  if (!found) return undefined;
  const [isOne, noun] = [found[1] === 'is', nounOf(found[2]!)];
  const thing = isOne ? `a ${noun}` : noun;
  return {
    kind: 'position',
    answers: ANSWERS.position,
    statements: (answer) => {
      const [first, second] = placePhrases(answer);
      return [`${thing} ${first}`, `a photo of ${thing} ${second}`, `the ${noun} ${found[1]} ${first}`];
    },
  };
};

const shape: Pattern = (words) => {
  const found =
    /^what shape (?:is|are|does|has) (.+?)(?: have)?$/.exec(words) ??
    /^what (?:is|are) ((?:the|a|this|that) (?:.+ )?shape)$/.exec(words);
  if (!found) return undefined;
  const noun = nounOf(found[1]!);
  const isBare = GENERIC.test(noun) || (COLOURS as readonly string[]).includes(noun);
  const quality = noun.replace(GENERIC, '');
  const statements = (answer: string): string[] => {
    if (/^(this|that|it|there|in .*|)$/.test(quality))
      return [`a ${answer}`, `a photo of a ${answer}`, `there is a ${answer}`];
    if (isBare) return describing(true, `${quality} ${answer}`, `a ${answer} that is ${quality}`);
    return [`a ${answer} ${noun}`, `a photo of a ${answer} ${noun}`, `the ${noun} is a ${answer}`];
  };
  return { kind: 'shape', answers: SHAPES, statements };
};

const relation: Pattern = (words) => {
  const where =
    'to the left of|to the right of|left of|right of|above|below|under|over|behind|in front of|next to|beside|near|on|in|at';
  const found = new RegExp(`^what (?:is|are) (${where}) (.+)$`).exec(words);
  if (!found) return undefined;
  const place = `${found[1]} ${found[2]}`;
  const amongShapes = SHAPES.some((name) => new RegExp(`\\b${name}\\b`).test(found[2]!));
  return {
    kind: 'relation',
    ...(amongShapes && { answers: SHAPES }), // as it is with shapes that one asks for shapes
    statements: (answer) => [
      `a ${answer} ${place}`,
      `a photo of a ${answer} ${place}`,
      `the ${answer} is ${place}`,
    ],
  };
};

/** "what is this?", "what kind of bird is this?", "what is the red thing?" */
const what: Pattern = (words) => {
  const kindOf = /^what (?:kind|type|sort|breed|species) of (\w+) (?:is|are)\b/.exec(words);
  if (kindOf) {
    const noun = kindOf[1]!;
    const statements = (answer: string): string[] => [
      `a photo of a ${answer}`,
      `a photo of a ${answer}, a kind of ${noun}`,
    ];
    return { kind: 'open', statements };
  }
  const found = /^what (?:is|are) (.+)$/.exec(words);
  if (!found) return undefined;
  const noun = nounOf(found[1]!);
  const quality = GENERIC.test(noun) ? noun.replace(GENERIC, '') : '';
  const before = quality && quality !== noun ? `${quality} ` : '';
  return {
    kind: 'open',
    statements: (answer) => [
      `a ${before}${answer}`,
      `a photo of a ${before}${answer}`,
      `a picture of a ${before}${answer}`,
    ],
  };
};

/** The question as it is, and the answer after it. */
function asGiven(words: string): Reading {
  return {
    kind: 'open',
    statements: (answer) => [`question: ${words}? answer: ${answer}`, `${words} ${answer}`, answer],
  };
}

const PATTERNS: readonly Pattern[] = [colour, count, existence, whether, position, shape, relation, what];
