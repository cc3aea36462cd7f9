// The points of the curves of probabilities.

const NO_PROBABILITY = 255;
// Steps that are nearer to each other than this are averaged over so many pixels.
const [LEAST_STEP_PX, BUCKET_PX] = [1, 12];

/** The first index whose value is above a number, of ascending values. */
function firstAfter(values, number) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where the curves go, `p` for each label or null where nobody speaks; steps that are too dense are averaged. */
function curvePoints(recording, viewport, x) {
  const { ends, p } = recording.steps;
  const n = recording.labels.length;
  const perPixel = viewport.width / (x(viewport.end) - x(viewport.start));
  const isDense = recording.lengthMs / ends.length < perPixel * LEAST_STEP_PX;
  const bucketMs = isDense ? perPixel * BUCKET_PX : 0;
  const points = [];
  let bucket = null;
  const close = () => {
    if (bucket) points.push({ at: x(bucket.start + bucketMs / 2), p: bucket.count ? bucket.sums.map((sum) => sum / bucket.count) : null });
  };
  for (let step = firstAfter(ends, viewport.start - 1000 - bucketMs); step < ends.length && ends[step] <= viewport.end + 1000 + bucketMs; step++) {
    const values = p.subarray(step * n, step * n + n);
    const isKnown = values[0] !== NO_PROBABILITY;
    if (!isDense) {
      points.push({ at: x(ends[step]), p: isKnown ? values : null });
      continue;
    }
    const start = Math.floor(ends[step] / bucketMs) * bucketMs;
    if (bucket?.start !== start) {
      close();
      bucket = { start, count: 0, sums: new Array(n).fill(0) };
    }
    if (!isKnown) continue;
    bucket.count += 1;
    for (let index = 0; index < n; index++) bucket.sums[index] += values[index];
  }
  close();
  return points;
}
