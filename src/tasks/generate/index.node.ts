// The public names of `clip-tfjs/generate`.

export { filmSteps, makeFilm } from './film.node.ts';
export * from './index.ts';
