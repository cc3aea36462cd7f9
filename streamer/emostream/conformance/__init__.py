"""A suite that runs the rules of ``docs/protocol.md`` against any server: ``python -m emostream.conformance ws://…``."""
