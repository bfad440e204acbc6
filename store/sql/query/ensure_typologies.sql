-- No parameters. Typologies that only staged scenarios of the bank's own declare.
INSERT INTO gold.typologies (typology, title, description, reference)
SELECT DISTINCT ON (typology) typology, title, 'Declared by scenario ' || scenario, 'Scenario ' || scenario
FROM pg_temp.staged_scenarios s
WHERE NOT EXISTS (SELECT FROM gold.typologies t WHERE t.typology = s.typology)
ORDER BY typology, scenario COLLATE "C"
