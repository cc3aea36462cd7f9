// How times are written.
"use strict";

/** "01:23.2", with hours in front where there are any; whole seconds with `tenths` false. */
function clock(ms, tenths = true) {
  const all = Math.floor(Math.max(0, ms) / 100);
  const seconds = Math.floor(all / 10);
  const pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const front = hours ? `${hours}:` : "";
  return `${front}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${tenths ? `.${all % 10}` : ""}`;
}

/** The same for a screen reader: "1 hour 2 minutes 3.4 seconds". */
function spokenTime(ms) {
  const seconds = Math.max(0, ms) / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const words = (number, unit) => (number ? [`${number} ${unit}${number === 1 ? "" : "s"}`] : []);
  return [...words(hours, "hour"), ...words(minutes, "minute"), `${(seconds % 60).toFixed(1)} seconds`].join(" ");
}
