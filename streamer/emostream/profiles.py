"""The enrolled speakers of this machine: a small file of numbers for each, readable by its owner alone."""

import re
import unicodedata
from pathlib import Path

from platformdirs import user_data_path

from emostream.errors import ProfileError, UsageError
from emostream.inference.profile import SpeakerProfile, decode_profile, encode_profile
from emostream.private_file import write_private

MAX_CHARACTERS = 40
# Letters and digits of any script at both ends; nothing that could lead out of the folder or hide a file.
_NAME = re.compile(r"\w(?:[\w .'-]*\w)?")


def speaker_name(text: str) -> str:
    """``text`` as a name in its composed form. Raises ``UsageError`` for what cannot be one."""
    name = unicodedata.normalize("NFC", text)
    if not _NAME.fullmatch(name) or len(name) > MAX_CHARACTERS:
        raise UsageError(
            f"found {text!r} for the name of a speaker, expected 1 to {MAX_CHARACTERS} letters and digits, with "
            "spaces, dots, hyphens and apostrophes only between them"
        )
    return name


def speakers_folder() -> Path:
    """Where the profiles of whoever runs this process are."""
    return user_data_path("emostream") / "speakers"


class Speakers:
    """The profiles in a folder, by name; upper and lower case are the same name.

    Without a ``folder`` they are those of whoever runs this process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or speakers_folder()

    def names(self) -> list[str]:
        """The names of all enrolled speakers, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def load(self, name: str) -> SpeakerProfile:
        """The profile of ``name``; raises ``UsageError`` for an unknown name, ``ProfileError`` for a damaged file."""
        path = self._existing(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ProfileError(f"{path} cannot be read ({error.strerror}): expected the profile of {name}") from error
        return decode_profile(data, str(path))

    def save(self, profile: SpeakerProfile) -> Path:
        """Store a profile, replacing one of the same name; returns its file. Raises ``ProfileError``."""
        path, before = self._folder / f"{speaker_name(profile.name)}.json", self._path(profile.name)
        try:
            write_private(path, encode_profile(profile))  # personal data
            if before.name != path.name and not (before.exists() and before.samefile(path)):
                before.unlink(missing_ok=True)  # the same name in other letters
        except OSError as error:
            raise ProfileError(
                f"{path} cannot be written ({error.strerror}): make room, or let {self._folder} be written"
            ) from error
        return path

    def delete(self, name: str) -> None:
        """Delete a profile. Raises ``UsageError`` for an unknown name and ``ProfileError`` if it cannot be deleted."""
        path = self._existing(name)
        try:
            path.unlink()
        except OSError as error:
            raise ProfileError(f"{path} cannot be deleted ({error.strerror}): delete it by hand") from error

    def __contains__(self, name: str) -> bool:
        return self._path(name).is_file()

    def _existing(self, name: str) -> Path:
        if name not in self:
            enrolled = ", ".join(self.names()) or "nobody"
            raise UsageError(
                f"{name} is not enrolled (found {enrolled}): 'emostream enrol {name}' listens to 20 s of their speech"
            )
        return self._path(name)

    def _path(self, name: str) -> Path:
        """The file of ``name``, in the letters in which it is stored, if it is."""
        path = self._folder / f"{speaker_name(name)}.json"
        same = (other for other in self.names() if other.casefold() == path.stem.casefold())
        return path if path.is_file() else path.with_name(f"{next(same, path.stem)}.json")
