"""Audio in, events out, without a clock, a thread, input or output."""
