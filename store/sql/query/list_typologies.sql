-- No parameters.
SELECT typology, title, description, reference FROM gold.typologies ORDER BY typology COLLATE "C"
