"""What the daemon offers on its port: a page, and a socket that carries the events."""
