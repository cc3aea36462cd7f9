// What to say in each mood, and how: the same as in the terminal (emostream/commands/enrol_moods.py).
const SENTENCES = {
  neutral: ["as you usually speak", "The shop on the corner opens at nine, and after breakfast I will walk there and buy bread."],
  angry: ["angrily", "I have told you three times already! Why do you never listen to a single word that I say?"],
  happy: ["happily", "They said yes! We are leaving tomorrow morning, and I can hardly believe that it is true!"],
  sad: ["sadly", "She did not come back, and now the house is so quiet in the evening that I cannot sleep."],
  fearful: ["fearfully", "Did you hear that? There is somebody at the door, please do not leave me alone!"],
  disgust: ["with disgust", "What is that smell? It is rotten, take it away, I cannot even look at it."],
  surprised: ["surprised", "What, you are here already? I did not expect you before tomorrow evening!"],
};
const ORDINARY = ["as you usually speak", "A few ordinary sentences, such as what you did today."];

/** [how to say it, what to say] for a mood; `isOnly` where no other is asked for. */
export function sentenceFor(mood, isOnly) {
  if (isOnly) return ORDINARY;
  return Object.hasOwn(SENTENCES, mood) ? SENTENCES[mood] : [`so that it sounds ${mood}`, "Any sentence of some five seconds."];
}
