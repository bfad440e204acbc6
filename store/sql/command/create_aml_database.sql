-- The database of a private cluster.
CREATE DATABASE aml
