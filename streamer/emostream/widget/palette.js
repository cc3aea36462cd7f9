// The same colours as in the terminal (emostream/sinks/palette.py): contrast of 3 and more on white and on near-black.
const PALETTE = {
  angry: "#d23f31",
  happy: "#c68600",
  neutral: "#868e9b",
  sad: "#2b78d4",
  fearful: "#ad7ce4",
  disgust: "#3f8a3c",
  surprised: "#e0699f",
  calm: "#17808a",
  boredom: "#96704a",
  positive: "#8a9d1c",
};
// For other labels: none of them is the colour of an emotion.
const OTHERS = ["#6b57ee", "#c93cbd", "#0a9f7a", "#965a96", "#e5642c", "#e0246f"];

/** A colour for each label. */
export function labelColours(labels) {
  let others = 0;
  return labels.map((label) => (Object.hasOwn(PALETTE, label) ? PALETTE[label] : OTHERS[others++ % OTHERS.length]));
}
