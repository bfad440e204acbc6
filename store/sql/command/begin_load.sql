-- All that one file brings, or nothing of it.
BEGIN ISOLATION LEVEL READ COMMITTED
