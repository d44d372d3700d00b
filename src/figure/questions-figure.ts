// Pictures with questions beside them: the true answer, what each way of answering gave, and how many of those are right.
import type { Picture } from '../data/pictures/picture.ts';
import { image, line, rectangle, shorten, text, toPng } from './svg.ts';

export interface AskedPicture {
  readonly picture: Picture;
  readonly questions: readonly {
    readonly question: string;
    readonly answer: string;
    /** In the order of the figure's ways. */
    readonly given: readonly string[];
  }[];
}

const MARGIN = 24;
const HEADER = 82;
const SIDE = 112;
const GAP = 20; // between a picture and its questions, and between two blocks
const LINE = 21;
const QUESTION = 252; // width of the question's column
const ANSWER = 116; // of each answer's
const FOOTER = 40;
const LETTERS = { size: 13 } as const;
const HEADS = { ...LETTERS, fill: '#777' } as const;
const [RIGHT, WRONG] = ['#1f7a3d', '#c22f2f'] as const;

/** `ways`: what answered, such as `head`. A block for each picture, below one another → the bytes of a PNG file. */
export function questionsFigure(
  title: string,
  ways: readonly string[],
  pictures: readonly AskedPicture[],
): Uint8Array {
  const width = 2 * MARGIN + SIDE + GAP + QUESTION + ANSWER * (1 + ways.length);
  const at = (column: number): number => MARGIN + SIDE + GAP + QUESTION + ANSWER * column;
  const parts = [
    text(title, MARGIN, 36, { size: 17, weight: 'bold' }),
    ...['true', ...ways].map((name, i) => text(name, at(i), HEADER - 14, HEADS)),
  ];
  let top = HEADER;
  for (const asked of pictures) {
    const height = Math.max(SIDE, LINE * asked.questions.length);
    parts.push(line([MARGIN, top - 0.5], [width - MARGIN, top - 0.5], '#e3e3e3'));
    parts.push(drawBlock(asked, at, top + GAP / 2, height));
    top += height + GAP;
  }
  parts.push(line([MARGIN, top - 0.5], [width - MARGIN, top - 0.5], '#e3e3e3'));
  const all = pictures.flatMap(({ questions }) => questions);
  const rightOf = (way: number): number => all.filter(({ answer, given }) => given[way] === answer).length;
  const totals = ways.map((_, way) => `${rightOf(way)} of ${all.length} right`);
  totals.forEach((total, way) => {
    parts.push(text(total, at(way + 1), top + 25, { ...LETTERS, weight: 'bold' }));
  });
  return toPng(width, top + FOOTER, parts);
}

function drawBlock(
  { picture, questions }: AskedPicture,
  at: (column: number) => number,
  top: number,
  height: number,
): string {
  const first = top + (height - LINE * questions.length) / 2 + 15; // the lines stand in the middle of the block
  const lines = questions.flatMap(({ question, answer, given }, row) => {
    const y = first + LINE * row;
    return [
      text(shorten(question, 36), MARGIN + SIDE + GAP, y, LETTERS),
      text(shorten(answer, 14), at(0), y, { ...LETTERS, weight: 'bold' }),
      ...given.map((one, i) => {
        const isRight = one === answer; // told by a mark too, for those who see no difference between red and green
        const words = `${isRight ? '✓' : '✗'} ${shorten(one, 13)}`;
        return text(words, at(i + 1), y, { ...LETTERS, fill: isRight ? RIGHT : WRONG });
      }),
    ];
  });
  const frame = rectangle(MARGIN - 1, top - 1, SIDE + 2, SIDE + 2, '#ddd'); // so that a white picture ends somewhere
  return [frame, image(picture, MARGIN, top, SIDE), ...lines].join('\n');
}
