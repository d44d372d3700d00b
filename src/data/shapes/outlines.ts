// The ten shapes as signed distances: how far a point is from the outline, negative inside. One evaluation a pixel then
// gives its coverage, 0…1, and so edges without steps. Unit coordinates, x to the right, y down.
// After Inigo Quilez, "2D distance functions".
import type { Shape } from './classes.ts';

export interface Outline {
  /** Signed distance of (x, y) from the outline. */
  distance(x: number, y: number): number;
  /** Circles [x, y, radius] whose common hull just holds the shape: what it takes up, however it is turned. */
  readonly hull: readonly (readonly [number, number, number])[];
}

type Points = readonly (readonly [number, number])[];

const circle: Outline = { distance: (x, y) => Math.sqrt(x * x + y * y) - 1, hull: [[0, 0, 1]] };

const RING_MIDDLE = 0.77;
const ring: Outline = {
  distance: (x, y) => Math.abs(Math.sqrt(x * x + y * y) - RING_MIDDLE) - (1 - RING_MIDDLE),
  hull: [[0, 0, 1]],
};

/** A moon: the unit circle less another, nearly as large, to its right. */
const crescent: Outline = {
  distance: (x, y) => {
    const bite = Math.sqrt((x - 0.6) * (x - 0.6) + y * y) - 0.95;
    return Math.max(circle.distance(x, y), -bite);
  },
  // Points of the outer arc from horn to horn, by the tangent of half their angle.
  hull: [-1.48, -1, -0.7, -0.45, -0.22, 0, 0.22, 0.45, 0.7, 1, 1.48].map(
    (t) => [(t * t - 1) / (t * t + 1), (2 * t) / (t * t + 1), 0] as const,
  ),
};

/** A square on its corner, and a half circle on each of its two upper sides. */
const heart: Outline = (() => {
  const radius = Math.SQRT1_2; // half a side of the square, whose half diagonal is 1
  const square = polygon([
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ]);
  return {
    distance: (x, y) => {
      const [awayX, awayY] = [Math.abs(x) - 0.5, y + 0.5];
      const lobe = Math.sqrt(awayX * awayX + awayY * awayY) - radius;
      return Math.min(lobe, square.distance(x, y));
    },
    hull: [
      [-0.5, -0.5, radius],
      [0.5, -0.5, radius],
      [0, 1, 0],
    ],
  };
})();

export const OUTLINES: Readonly<Record<Shape, Outline>> = {
  circle,
  ring,
  crescent,
  heart,
  square: polygon(corners(1, 1)),
  diamond: polygon([
    [0, -1],
    [0.62, 0],
    [0, 1],
    [-0.62, 0],
  ]),
  triangle: polygon([
    [0, -1],
    [0.866, 0.5],
    [-0.866, 0.5],
  ]),
  star: polygon(starPoints()),
  cross: polygon(crossPoints(0.34)),
  arrow: polygon([
    [-1, -0.24],
    [0.12, -0.24],
    [0.12, -0.72],
    [1, 0],
    [0.12, 0.72],
    [0.12, 0.24],
    [-1, 0.24],
  ]),
};

/** The outline through `points`. Distance to the nearest edge; inside, where a ray crosses an odd number of edges. */
function polygon(points: Points): Outline {
  // A row for each edge: where it begins, its way, and 1 / its length².
  const edges = Float64Array.from(
    points.flatMap(([x, y], i) => {
      const [nextX, nextY] = points[(i + 1) % points.length]!;
      const [edgeX, edgeY] = [nextX - x, nextY - y];
      return [x, y, edgeX, edgeY, 1 / (edgeX * edgeX + edgeY * edgeY)];
    }),
  );
  return {
    hull: points.map(([x, y]) => [x, y, 0] as const),
    distance: (x, y) => {
      let nearest = Infinity;
      let inside = false;
      for (let i = 0; i < edges.length; i += 5) {
        const fromX = x - edges[i]!;
        const fromY = y - edges[i + 1]!;
        const edgeX = edges[i + 2]!;
        const edgeY = edges[i + 3]!;
        const along = Math.min(1, Math.max(0, (fromX * edgeX + fromY * edgeY) * edges[i + 4]!));
        const awayX = fromX - along * edgeX;
        const awayY = fromY - along * edgeY;
        nearest = Math.min(nearest, awayX * awayX + awayY * awayY);
        if (fromY >= 0 !== fromY >= edgeY && fromX < (fromY / edgeY) * edgeX) inside = !inside;
      }
      return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
    },
  };
}

function corners(x: number, y: number): Points {
  return [
    [-x, -y],
    [x, -y],
    [x, y],
    [-x, y],
  ];
}

/** Two bars, each 2 long and 2 · `half` wide. */
function crossPoints(half: number): Points {
  const arm: Points = [
    [-half, -1],
    [half, -1],
    [half, -half],
  ];
  const quarterTurn = ([x, y]: readonly [number, number]) => [-y, x] as const;
  const arms = [arm];
  for (let i = 0; i < 3; i++) arms.push(arms.at(-1)!.map(quarterTurn));
  return arms.flat();
}

/** Five points on the unit circle and five between them, at 0.45 of it. */
function starPoints(): Points {
  // Cosine and sine of 36°, written out: Math.cos may differ in its last bit from one machine to the next.
  const [cos, sin] = [0.809016994374947, 0.587785252292473];
  const points: [number, number][] = [];
  let [x, y] = [0, -1];
  for (let i = 0; i < 10; i++) {
    const radius = i % 2 ? 0.45 : 1;
    points.push([x * radius, y * radius]);
    [x, y] = [x * cos - y * sin, x * sin + y * cos];
  }
  return points;
}
