// The public names of `clip-tfjs/serve`: apart from `clip-tfjs`, so that who only classifies does not load a web server.

export { LIMITS, type Limits } from './limits.ts';
export { createServer, type ServerOptions } from './server.node.ts';
