-- No parameters. The columns of bronze that hold the key of an account or party, or a fact about the one that the row names.
SELECT table_name, column_name, holds FROM aml.personal_columns WHERE table_name LIKE 'bronze.%' AND holds IN ('account', 'party', 'personal')
