-- What was read with one view is read; the connection stays for the next one.
COMMIT
