"""What recorded sessions take, and what can be got back from them: ``python -m bench.sessions``."""
