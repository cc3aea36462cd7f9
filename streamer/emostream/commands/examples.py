"""What the help of each command ends with: lines that one can type, and what they do."""

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "listen": (
        ("emostream listen", "the dashboard for the default microphone; q or Ctrl-C ends"),
        ("emostream listen --device Yeti --speaker Ada", "another microphone, and a voice that is enrolled"),
        ("emostream listen --serve", "the dashboard, and a page at http://127.0.0.1:8765/"),
        ("emostream listen --format jsonl", "one JSON event a line, for programs"),
        ("emostream listen - --rate 48000", "raw PCM from standard input"),
    ),
    "serve": (
        ("emostream serve --open", "the page in a browser, whose microphone is read"),
        ("emostream serve --microphone", "this machine's microphone too"),
        ("emostream serve --host 0.0.0.0 --certificate cert.pem --key key.pem", "for other machines"),
    ),
    "file": (
        ("emostream file talk.mp3", "a timeline and a verdict"),
        ("emostream file recordings/ --format jsonl", "all recordings of a folder, one JSON event a line"),
        ("emostream file recordings/ --format csv,eaf --out timelines --jobs 2", "a table and an annotation of each"),
        ("emostream file talk.mp3 --format srt > talk.srt", "subtitles"),
        ("emostream file talk.mp3 --plot talk.html", "a page that plays it; .png and .svg are pictures"),
        ("emostream file talk.mp3 --format timeline", "the picture in the terminal, a line a minute"),
        ("emostream file - --steps", "a sound file on standard input, step by step"),
    ),
    "record": (
        ("emostream record evening", "the events, in the folder evening; Ctrl-C ends"),
        (
            "emostream record evening --keep rows",
            "also what other models need to judge it anew",
        ),
        ("emostream record sessions/%Y-%m-%d-%H%M", "in a folder that is named after the time"),
    ),
    "replay": (
        ("emostream replay evening", "the dashboard, as it was"),
        ("emostream replay evening --speed 20 --serve", "twenty times as fast, and on the page"),
        ("emostream replay evening --speed max --format jsonl > events.jsonl", "all events at once, as JSON lines"),
    ),
    "report": (
        ("emostream report evening", "a diary of a recorded session, as Markdown"),
        ("emostream report sessions/* --out diary.html", "of all sessions, with a picture of each day"),
        ("emostream report events.jsonl", "of what 'listen --log events.jsonl' wrote"),
    ),
    "compare": (
        ("emostream compare evening --model shipped --model mine.onnx", "which utterances they name otherwise"),
        ("emostream compare evening --model old/ --model new/ --plot compared.png", "two sets of models, as a picture"),
    ),
    "timeline": (
        ("emostream timeline events.jsonl", "what was said of the voice while 'listen --log events.jsonl' ran"),
        ("emostream timeline events.jsonl --format csv > events.csv", "the same as a table"),
        ("emostream timeline events.jsonl --format textgrid,parquet --out timelines", "for Praat, and for DuckDB"),
        ("emostream timeline events.jsonl --plot evening.png", "a picture"),
    ),
    "archive": (
        (
            "emostream archive calls.csv --out calls",
            "the recordings of a manifest, by all cores; goes on where it ended",
        ),
        ("emostream archive recordings/ --out s3://bucket/calls --retry-errors", "a folder, kept elsewhere"),
        ("emostream archive calls.csv --out calls --engine ray --cluster 10.0.0.1:6379", "by the cores of a cluster"),
    ),
    "enrol": (
        ("emostream enrol Ada", "20 s of ordinary speech at the microphone"),
        ("emostream enrol Ada --moods", "one sentence in each mood"),
        ("emostream enrol Ada talk.wav", "from a recording of that voice alone"),
        ("emostream enrol --list", "who is enrolled"),
    ),
    "devices": (("emostream devices", "index, name, channels and rate of each microphone"),),
    "doctor": (
        ("emostream doctor", "the machine, the settings and 10 s of the microphone"),
        ("emostream doctor clip.wav", "a recording, judged the same way"),
        ("emostream doctor --json --no-microphone", "for programs: exit code 1 where there is a problem"),
    ),
    "mqtt": (
        ("emostream mqtt --mqtt mqtt://localhost", "whether the broker takes us"),
        ("emostream mqtt --mqtt mqtt://localhost --remove", "take the device out of Home Assistant"),
    ),
    "service": (
        ("emostream service install --options=--microphone", "start it with the session, and keep it running"),
        ("emostream service status", "whether it runs, and since when"),
    ),
    "completion": (
        ("emostream completion bash > ~/.local/share/bash-completion/completions/emostream", "for bash, from now on"),
        ("emostream completion zsh > ~/.zfunc/_emostream", "for zsh, with ~/.zfunc in fpath"),
        ("emostream completion fish > ~/.config/fish/completions/emostream.fish", "for fish, from now on"),
    ),
    "config": (("emostream config --json", "every setting, its value and where that comes from"),),
    "models": (("emostream models mine.onnx", "the card of a model of one's own"),),
    "corpora": (("emostream corpora check ~/CREMA-D", "opens every file, and says what cannot be used"),),
    "pictures": (("emostream pictures ~/CREMA-D --out pictures", "a PNG for each clip"),),
    "train": (
        (
            "emostream train mfcc_cnn1d/attentive --corpora ~/CREMA-D --labels happy,neutral,sad",
            "folds for scores, then all speakers",
        ),
    ),
    "export": (("emostream export runs/mfcc_cnn1d-attentive --to mine.onnx", "verified before it is written"),),
    "personal": (("emostream personal mine/ --to me.onnx", "a model of one voice, from a folder for each mood"),),
    "bench": (("emostream bench --runs 3", "what a voice costs on this machine, part by part"),),
    "parity": (("emostream parity talk.wav", "live against offline, our features against librosa's"),),
    "evaluate": (("emostream evaluate RUN --corpora ~/CREMA-D", "scores on speakers that the run never heard"),),
}


def examples_text(command: str) -> str:
    """The examples of a command as the last paragraph of its help."""
    lines = [f"  {line}\n      {what}" for line, what in EXAMPLES[command]]
    return "\n".join(["examples:", *lines])
