-- $1 typology, $2 title, $3 scenario. A typology that only a scenario of the bank's own declares.
INSERT INTO gold.typologies (typology, title, description, reference)
VALUES ($1, $2, 'Declared by scenario ' || $3, 'Scenario ' || $3)
ON CONFLICT (typology) DO NOTHING
