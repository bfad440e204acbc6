-- One view for all that is read until it is given up, or the connection ends.
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY
