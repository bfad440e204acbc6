-- Some lines of a replay, which may be taken back.
SAVEPOINT replayed_lines
