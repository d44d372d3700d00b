/** The 95 % interval of a share, `right` of `total`: E. B. Wilson 1927. */
export function wilson(right: number, total: number): [low: number, high: number] {
  const z = 1.959964;
  const share = right / total;
  const middle = share + z ** 2 / (2 * total);
  const reach = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const scale = 1 + z ** 2 / total;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}
