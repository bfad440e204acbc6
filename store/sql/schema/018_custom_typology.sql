-- What a bank looks for that no typology of ours describes.
INSERT INTO gold.typologies (typology, title, description, reference) VALUES
  ('custom', 'Pattern of the bank''s own',
   'What a scenario of the bank''s own looks for; the title of the scenario says what, its definition stands in aml.scenario_versions.',
   'The bank''s own')
ON CONFLICT (typology) DO UPDATE
  SET title = excluded.title, description = excluded.description, reference = excluded.reference;
