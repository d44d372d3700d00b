// How much a server takes: what is over it is refused at once, so that no request and no number of them can fill its memory.

export interface Limits {
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** Pixels of a picture, as its header says, before it is decoded. */
  pixels: number;
  /** Pictures of a request. */
  pictures: number;
  /** Texts of a request. */
  texts: number;
  /** UTF-16 units of a text. */
  textLength: number;
  /** Labels times templates of a request. */
  prompts: number;
  /** Results of a request, for `top`. */
  results: number;
  /** Requests that are being received, wait or are computed. */
  queue: number;
  /** Bytes of all their bodies. */
  queueBytes: number;
  /** Connections, idle ones included. */
  connections: number;
  /** Milliseconds in which a request must have arrived. */
  receiveMs: number;
  /** Milliseconds in which it is answered. */
  answerMs: number;
}

export const LIMITS: Readonly<Limits> = {
  bodyBytes: 16 * 2 ** 20,
  pixels: 25_000_000, // a camera's 24 megapixels; 300 MB while a deep PNG of it is decoded
  pictures: 32,
  texts: 256,
  textLength: 4096,
  prompts: 2000, // ImageNet's 1,000 labels; CIFAR-100's with OpenAI's 18 templates
  results: 1000,
  queue: 256,
  queueBytes: 256 * 2 ** 20,
  connections: 1024,
  receiveMs: 20_000,
  answerMs: 30_000,
};
