"""What was said of a recording, on one axis of time, and the formats that it can be written in."""
