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

/** A colour for each label. Labels without a colour of their own get colours that no other label here has. */
export function labelColours(labels) {
  const unused = Object.keys(PALETTE).filter((name) => !labels.includes(name));
  const spare = unused.length ? unused : Object.keys(PALETTE);
  let unknown = 0;
  return labels.map((label) => (Object.hasOwn(PALETTE, label) ? PALETTE[label] : PALETTE[spare[unknown++ % spare.length]]));
}
