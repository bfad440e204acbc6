-- What follows may fail, and is then done in another way.
SAVEPOINT attempt
