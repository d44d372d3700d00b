// A row for each picture: the picture itself, and its best labels as bars.
import type { Picture } from '../data/pictures/picture.ts';
import { image, rectangle, shorten, text, toPng, widthOf } from './svg.ts';

export interface ClassifiedPicture {
  title: string;
  picture: Picture;
  /** Best first; probabilities 0 … 1. */
  predictions: readonly { label: string; probability: number }[];
}

const SIDE = 256; // of the picture
const MARGIN = 24;
const TITLE = 36;
const BARS = 300; // length of a bar of 100 %
const PERCENT = 72; // room for the number behind a bar
const PITCH = { least: 22, most: 48 }; // from one bar to the next
const LETTERS = { size: 15 };
const LONGEST_LABEL = 40; // in characters
const LONGEST_TITLE = 60;

/** → the bytes of a PNG file. */
export function classificationFigure(rows: readonly ClassifiedPicture[]): Uint8Array {
  const labels = rows.flatMap(({ predictions }) =>
    predictions.map(({ label }) => shorten(label, LONGEST_LABEL)),
  );
  const barsLeft = Math.ceil(MARGIN + SIDE + MARGIN + widthOf(labels, LETTERS) + 8);
  let top = 0;
  const parts = rows.map((row) => {
    const part = drawRow(row, barsLeft, top);
    top += TITLE + heightOf(row) + MARGIN;
    return part;
  });
  return toPng(barsLeft + BARS + PERCENT + MARGIN, top, parts);
}

/** Of the bars, and at least of the picture beside them. */
function heightOf({ predictions }: ClassifiedPicture): number {
  return Math.max(SIDE, predictions.length * PITCH.least);
}

function drawRow(row: ClassifiedPicture, barsLeft: number, top: number): string {
  const { title, picture, predictions } = row;
  const pitch = Math.min(PITCH.most, heightOf(row) / predictions.length);
  const thickness = Math.min(28, pitch * 0.7);
  const bars = predictions.flatMap(({ label, probability }, i) => {
    const middle = top + TITLE + pitch * (i + 0.5);
    const baseline = middle + LETTERS.size * 0.36;
    return [
      text(shorten(label, LONGEST_LABEL), barsLeft - 8, baseline, { ...LETTERS, anchor: 'end' }),
      rectangle(barsLeft, middle - thickness / 2, BARS, thickness, '#eef1f5'),
      rectangle(
        barsLeft,
        middle - thickness / 2,
        BARS * probability,
        thickness,
        i === 0 ? '#2f6fb5' : '#9db8d6',
      ),
      text(`${(probability * 100).toFixed(2)}%`, barsLeft + BARS + 8, baseline, LETTERS),
    ];
  });
  return [
    text(shorten(title, LONGEST_TITLE), MARGIN, top + 26, { ...LETTERS, weight: 'bold' }),
    image(picture, MARGIN, top + TITLE, SIDE),
    ...bars,
  ].join('\n');
}
