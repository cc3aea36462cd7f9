"""``emostream service``: files for systemd and launchd, and what either is told."""
