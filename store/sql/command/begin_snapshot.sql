-- One view for all that is read until the connection ends.
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY
