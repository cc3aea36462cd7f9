"""Diaries: live listening by the day and the hour, for the person who was read."""
