"""Flags: what readers think of messages, how staff decide on it, and how it is taken out."""
