"""What a recording says of its microphone: samples in, findings with advice out; no device, no file, no clock."""
