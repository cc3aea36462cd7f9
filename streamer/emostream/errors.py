"""Errors meant for people: one line that says what was found, what was expected and what to do."""

USAGE = 2
NO_INPUT = 66
UNAVAILABLE = 69


class EmostreamError(Exception):
    """A failure with a message for a person and the exit code that the command line ends with."""

    exit_code = 1


class UsageError(EmostreamError):
    """A flag or a setting that cannot be used as given."""

    exit_code = USAGE


class NoInputError(EmostreamError):
    """There is no audio (or corpus) to work on: missing, empty, not audio."""

    exit_code = NO_INPUT


class UnavailableError(EmostreamError):
    """A device or a port that cannot be had right now."""

    exit_code = UNAVAILABLE


class ModelError(EmostreamError):
    """A model file that is not what the daemon can run, or figures that are not those of the models."""


class ProfileError(EmostreamError):
    """A speaker's profile that cannot be used: damaged, or made with other models."""


class SessionError(EmostreamError):
    """A recorded session that cannot be written, or used as asked: damaged, of another version, or without rows."""
