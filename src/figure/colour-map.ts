// Numbers as colours: 0 … 1 → red, green, blue, each 0 … 255, between a few stops of a known map.
export type Rgb = readonly [red: number, green: number, blue: number];
export type ColourMap = (share: number) => Rgb;

/** matplotlib's inferno (Smith and van der Walt, CC0) at nine places: even steps of lightness, dark to bright. */
export const inferno: ColourMap = between([
  [0, 0, 4],
  [27, 12, 65],
  [74, 12, 107],
  [120, 28, 109],
  [165, 44, 96],
  [207, 68, 70],
  [237, 105, 37],
  [251, 155, 6],
  [252, 255, 164],
]);

/** White to a deep blue, ColorBrewer's Blues (Brewer, Apache-2.0) at seven places. */
export const blues: ColourMap = between([
  [247, 251, 255],
  [222, 235, 247],
  [198, 219, 239],
  [158, 202, 225],
  [107, 174, 214],
  [49, 130, 189],
  [8, 81, 156],
]);

function between(stops: readonly Rgb[]): ColourMap {
  return (share) => {
    const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const [low, high] = [stops[below]!, stops[below + 1]!];
    const mix = (channel: 0 | 1 | 2): number =>
      Math.round(low[channel] + (place - below) * (high[channel] - low[channel]));
    return [mix(0), mix(1), mix(2)];
  };
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red},${green},${blue})`;
}

/** Whether dark letters are read on it (ITU-R BT.601's luma). */
export function isLight([red, green, blue]: Rgb): boolean {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

/** Where a value lies between two others, 0 … 1; a half where they are one. */
export function shareOf(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/** The least and the largest of some numbers. */
export function rangeOf(values: Iterable<number>): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}
