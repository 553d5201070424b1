"""Tables of any size: read from what a callback has, kept as an SQLite file, asked for one page at a time."""
