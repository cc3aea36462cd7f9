// The button beside the lamp that pauses the server's own microphone, and the line that says why it could not.

/** `button` and `line` are elements of the card, of which the line can be focused. */
export class PauseButton {
  #button;
  #line;
  #announcer;
  #told = null;

  constructor(button, line, announcer) {
    this.#button = button;
    this.#line = line;
    this.#announcer = announcer;
  }

  /** Call this when it is pressed. */
  onPress(toggle) {
    this.#button.onclick = () => {
      this.#announcer.expect();
      toggle();
    };
  }

  /** Show a `ServerPause` for the status of the element (see `Card.show`). */
  show({ pause, socket, stream }, texts, { isQuiet }) {
    const [button, line] = [this.#button, this.#line];
    const { answer } = pause;
    line.textContent = answer ? texts.text(answer.key) : "";
    line.hidden = !answer;
    const isOffered = pause.isOffered && socket.isOpen && stream !== null;
    const hadFocus = button.getRootNode().activeElement === button;
    button.hidden = !isOffered;
    if (hadFocus && !isOffered && answer) line.focus();
    if (isOffered) {
      button.textContent = texts.text(pause.isPaused ? "goOn" : "pause");
      button.title = texts.text("serverMicrophone");
    }
    if (answer && answer !== this.#told && !isQuiet) this.#announcer.tell(line.textContent);
    this.#told = answer;
  }
}
