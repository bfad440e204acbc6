-- Lines of a replay follow, which may be taken back, and others tried.
SAVEPOINT replayed_lines
