-- Typologies of patterns that span several accounts.
INSERT INTO gold.typologies (typology, title, description, reference) VALUES
  ('scatter_gather', 'Scatter-gather',
   'One account pays several others, and what it paid comes together again in one account: the accounts in between hide that the two deal with each other.',
   'Altman et al., Realistic Synthetic Financial Transactions for Anti-Money Laundering Models, NeurIPS 2023; FFIEC BSA/AML Examination Manual, Appendix F'),
  ('bipartite', 'Bipartite layering',
   'Several accounts each pay the same several accounts within days: the sums are mixed, so that none can be traced to its origin.',
   'Altman et al., Realistic Synthetic Financial Transactions for Anti-Money Laundering Models, NeurIPS 2023'),
  ('stack', 'Stacked layering',
   'Several accounts pay the same accounts in between, who all pay the same accounts behind them: bipartite layering over two steps.',
   'Altman et al., Realistic Synthetic Financial Transactions for Anti-Money Laundering Models, NeurIPS 2023'),
  ('chain_layering', 'Chain layering',
   'A sum is passed on from account to account within hours, nearly whole each time: every account puts distance between the money and its origin.',
   'FFIEC BSA/AML Examination Manual, Appendix F (unusual transfers among accounts, little time between)')
ON CONFLICT (typology) DO UPDATE
  SET title = excluded.title, description = excluded.description, reference = excluded.reference;
