-- What a landing folder does to files: lines are added to one, another is written anew under its old name.
ALTER TABLE aml.ingested_files
  ADD COLUMN content_bytes     bigint,
  ADD COLUMN continues_file_id bigint REFERENCES aml.ingested_files,
  ADD COLUMN replaces_file_id  bigint REFERENCES aml.ingested_files;
COMMENT ON COLUMN aml.ingested_files.content_bytes IS 'Size of the uncompressed content; null for files that an older version of the program loaded.';
COMMENT ON COLUMN aml.ingested_files.continues_file_id IS 'The file whose whole content this one begins with: only the lines behind it were loaded.';
COMMENT ON COLUMN aml.ingested_files.replaces_file_id IS 'The file that was loaded before under the same path, with another content. Its rows stay.';
