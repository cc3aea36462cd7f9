"""Many recordings into one folder: names for what is written, processes that read, and a record of what is complete."""
