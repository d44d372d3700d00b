// Pictures with questions beside them: the true answer, and what each way of answering gave, wrong ones in red.
import type { Picture } from '../data/pictures/picture.ts';
import { image, rectangle, shorten, text, toPng } from './svg.ts';

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
const HEADER = 64;
const SIDE = 88;
const GAP = 22;
const LINE = 22;
const QUESTION = 262; // width of the question's column
const ANSWER = 96; // of each answer's
const LETTERS = { size: 13 } as const;
const [RIGHT, WRONG] = ['#1f7a3d', '#c22f2f'];

/** `ways`: what answered, such as `head`. Two pictures a row → the bytes of a PNG file. */
export function questionsFigure(
  title: string,
  ways: readonly string[],
  pictures: readonly AskedPicture[],
): Uint8Array {
  const block = SIDE + 16 + QUESTION + ANSWER * (1 + ways.length);
  const most = Math.max(...pictures.map(({ questions }) => questions.length));
  const pitch = Math.max(SIDE, LINE * (most + 1)) + GAP;
  const width = 2 * MARGIN + 2 * block + GAP;
  const height = HEADER + Math.ceil(pictures.length / 2) * pitch;
  const parts = pictures.map((asked, i) =>
    drawBlock(asked, ways, MARGIN + (i % 2) * (block + GAP), HEADER + Math.floor(i / 2) * pitch),
  );
  return toPng(width, height, [text(title, MARGIN, 38, { size: 18, weight: 'bold' }), ...parts]);
}

function drawBlock(
  { picture, questions }: AskedPicture,
  ways: readonly string[],
  left: number,
  top: number,
): string {
  const start = left + SIDE + 16;
  const at = (column: number): number => start + QUESTION + ANSWER * column;
  const heads = ['true', ...ways].map((name, i) => text(name, at(i), top + 13, { ...LETTERS, fill: '#777' }));
  const lines = questions.flatMap(({ question, answer, given }, row) => {
    const y = top + 13 + LINE * (row + 1);
    return [
      text(shorten(question, 38), start, y, LETTERS),
      text(shorten(answer, 13), at(0), y, { ...LETTERS, weight: 'bold' }),
      ...given.map((one, i) =>
        text(shorten(one, 13), at(i + 1), y, { ...LETTERS, fill: one === answer ? RIGHT! : WRONG! }),
      ),
    ];
  });
  const frame = rectangle(left - 1, top - 1, SIDE + 2, SIDE + 2, '#ddd'); // so that a white picture ends somewhere
  return [frame, image(picture, left, top, SIDE), ...heads, ...lines].join('\n');
}
