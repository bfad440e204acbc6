-- What each account does, as numbers, for analysts and for models outside. Names, units and comments come from the definitions in
-- detect/ (`aml features --list`); a test holds them together.
CREATE TABLE gold.account_features (
  account_id                 text PRIMARY KEY,
  transfers_in               bigint NOT NULL,
  transfers_out              bigint NOT NULL,
  amount_in                  numeric NOT NULL,
  amount_out                 numeric NOT NULL,
  mean_amount_in             numeric NOT NULL,
  mean_amount_out            numeric NOT NULL,
  largest_amount_in          numeric NOT NULL,
  largest_amount_out         numeric NOT NULL,
  payers                     bigint NOT NULL,
  payees                     bigint NOT NULL,
  out_in_ratio               double precision NOT NULL,
  reciprocity_share          double precision NOT NULL,
  top_counterparty_share     double precision NOT NULL,
  round_amount_share         double precision NOT NULL,
  just_below_threshold_share double precision NOT NULL,
  pass_through_hours         double precision NOT NULL,
  active_days                double precision NOT NULL,
  span_days                  double precision NOT NULL,
  transfers_per_active_day   double precision NOT NULL,
  busiest_day_share          double precision NOT NULL,
  night_share                double precision NOT NULL,
  weekend_share              double precision NOT NULL,
  smallest_amount_in         numeric NOT NULL,
  smallest_amount_out        numeric NOT NULL,
  median_amount_in           numeric NOT NULL,
  median_amount_out          numeric NOT NULL,
  amount_deviation_in        numeric NOT NULL,
  amount_deviation_out       numeric NOT NULL,
  amount_skew_in             double precision NOT NULL,
  amount_skew_out            double precision NOT NULL,
  amount_kurtosis_in         double precision NOT NULL,
  amount_kurtosis_out        double precision NOT NULL,
  most_common_amount_share   double precision NOT NULL,
  median_gap_hours           double precision NOT NULL,
  longest_gap_days           double precision NOT NULL,
  burstiness                 double precision NOT NULL,
  most_transfers_in_1d       bigint NOT NULL,
  most_transfers_out_1d      bigint NOT NULL,
  most_amount_in_1d          numeric NOT NULL,
  most_amount_out_1d         numeric NOT NULL,
  most_payers_1d             bigint NOT NULL,
  most_payees_1d             bigint NOT NULL,
  most_transfers_in_7d       bigint NOT NULL,
  most_transfers_out_7d      bigint NOT NULL,
  most_amount_in_7d          numeric NOT NULL,
  most_amount_out_7d         numeric NOT NULL,
  most_payers_7d             bigint NOT NULL,
  most_payees_7d             bigint NOT NULL,
  most_transfers_in_30d      bigint NOT NULL,
  most_transfers_out_30d     bigint NOT NULL,
  most_amount_in_30d         numeric NOT NULL,
  most_amount_out_30d        numeric NOT NULL,
  most_payers_30d            bigint NOT NULL,
  most_payees_30d            bigint NOT NULL,
  passed_on_share_1d         double precision NOT NULL,
  passed_on_share_7d         double precision NOT NULL,
  two_paths_1d               bigint NOT NULL,
  back_and_forth_7d          bigint NOT NULL,
  gather_scatter_7d          bigint NOT NULL,
  cycles_3_7d                bigint NOT NULL,
  cycles_4_7d                bigint NOT NULL,
  scatter_gather_source_7d   bigint NOT NULL,
  scatter_gather_middle_7d   bigint NOT NULL,
  scatter_gather_sink_7d     bigint NOT NULL,
  run_id                     bigint NOT NULL
);
COMMENT ON TABLE gold.account_features IS 'What each account does, as numbers, over all its transfers until the newest run. One row for each account; one without transfers has zeros. Self-transfers do not count. Definitions: docs/features.md.';
COMMENT ON COLUMN gold.account_features.account_id IS 'The account.';
COMMENT ON COLUMN gold.account_features.transfers_in IS 'Transfers that the account received. Unit: transfers. Window: whole period.';
COMMENT ON COLUMN gold.account_features.transfers_out IS 'Transfers that the account sent. Unit: transfers. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_in IS 'Sum of the amounts that the account received. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_out IS 'Sum of the amounts that the account sent. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.mean_amount_in IS 'Mean amount of the transfers that the account received. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.mean_amount_out IS 'Mean amount of the transfers that the account sent. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.largest_amount_in IS 'Largest amount that the account received at once. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.largest_amount_out IS 'Largest amount that the account sent at once. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.payers IS 'Distinct accounts that paid the account. Unit: accounts. Window: whole period.';
COMMENT ON COLUMN gold.account_features.payees IS 'Distinct accounts that the account paid. Unit: accounts. Window: whole period.';
COMMENT ON COLUMN gold.account_features.out_in_ratio IS 'Sum sent divided by sum received, at most 10; 10 if the account sent money and received none. Unit: ratio. Window: whole period.';
COMMENT ON COLUMN gold.account_features.reciprocity_share IS 'Share of the account''s counterparties that both paid it and were paid by it. Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.top_counterparty_share IS 'Share of all money sent and received that was exchanged with one counterparty, the largest. Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.round_amount_share IS 'Share of transfers, sent and received, whose amount is a multiple of 100 units of the base currency. Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.just_below_threshold_share IS 'Share of transfers, sent and received, of at least 9,000 and less than 10,000 units of the base currency. Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.pass_through_hours IS 'Median time from a transfer received to the next one sent; if none was sent after one received, the time from the first to the last transfer of the data. Unit: hours. Window: whole period.';
COMMENT ON COLUMN gold.account_features.active_days IS 'Days (UTC) with at least one transfer. Unit: days. Window: whole period.';
COMMENT ON COLUMN gold.account_features.span_days IS 'Time from the account''s first transfer to its last. Unit: days. Window: whole period.';
COMMENT ON COLUMN gold.account_features.transfers_per_active_day IS 'Transfers, sent and received, divided by active_days. Unit: transfers per day. Window: whole period.';
COMMENT ON COLUMN gold.account_features.busiest_day_share IS 'Share of all money sent and received that moved on the account''s busiest day (UTC). Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.night_share IS 'Share of transfers, sent and received, booked after 00:00 and before 06:00 UTC; exactly 00:00 is a day without a time. Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.weekend_share IS 'Share of transfers, sent and received, booked on a Saturday or Sunday (UTC). Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.smallest_amount_in IS 'Smallest amount that the account received at once. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.smallest_amount_out IS 'Smallest amount that the account sent at once. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.median_amount_in IS 'Median of the amounts received, the lower one of two middle amounts. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.median_amount_out IS 'Median of the amounts sent, the lower one of two middle amounts. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_deviation_in IS 'Standard deviation of the amounts received, of the population. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_deviation_out IS 'Standard deviation of the amounts sent, of the population. Unit: base currency. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_skew_in IS 'Skewness of the amounts received, above 0 if few are much larger than the others; 0 if all are equal. Unit: skewness. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_skew_out IS 'Skewness of the amounts sent, above 0 if few are much larger than the others; 0 if all are equal. Unit: skewness. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_kurtosis_in IS 'Excess kurtosis of the amounts received, above 0 if rare amounts are far from the others; 0 if all are equal. Unit: excess kurtosis. Window: whole period.';
COMMENT ON COLUMN gold.account_features.amount_kurtosis_out IS 'Excess kurtosis of the amounts sent, above 0 if rare amounts are far from the others; 0 if all are equal. Unit: excess kurtosis. Window: whole period.';
COMMENT ON COLUMN gold.account_features.most_common_amount_share IS 'Share of transfers, sent and received, that have the account''s most common amount. Unit: share. Window: whole period.';
COMMENT ON COLUMN gold.account_features.median_gap_hours IS 'Median time from a transfer of the account, sent or received, to its next one, the lower one of two middle times; 0 with fewer than two transfers. Unit: hours. Window: whole period.';
COMMENT ON COLUMN gold.account_features.longest_gap_days IS 'Longest time from a transfer of the account, sent or received, to its next one. Unit: days. Window: whole period.';
COMMENT ON COLUMN gold.account_features.burstiness IS '(s - m) / (s + m) for the mean m and the standard deviation s of the times from one transfer to the next (Goh and Barabasi): -1 like a clock, 0 at random, towards 1 in bursts; 0 with fewer than three transfers or if all have the same time. Unit: burstiness. Window: whole period.';
COMMENT ON COLUMN gold.account_features.most_transfers_in_1d IS 'Most transfers received within 1 day. Unit: transfers. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.most_transfers_out_1d IS 'Most transfers sent within 1 day. Unit: transfers. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.most_amount_in_1d IS 'Largest sum received within 1 day. Unit: base currency. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.most_amount_out_1d IS 'Largest sum sent within 1 day. Unit: base currency. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.most_payers_1d IS 'Most distinct accounts that paid the account within 1 day. Unit: accounts. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.most_payees_1d IS 'Most distinct accounts that the account paid within 1 day. Unit: accounts. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.most_transfers_in_7d IS 'Most transfers received within 7 days. Unit: transfers. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.most_transfers_out_7d IS 'Most transfers sent within 7 days. Unit: transfers. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.most_amount_in_7d IS 'Largest sum received within 7 days. Unit: base currency. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.most_amount_out_7d IS 'Largest sum sent within 7 days. Unit: base currency. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.most_payers_7d IS 'Most distinct accounts that paid the account within 7 days. Unit: accounts. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.most_payees_7d IS 'Most distinct accounts that the account paid within 7 days. Unit: accounts. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.most_transfers_in_30d IS 'Most transfers received within 30 days. Unit: transfers. Window: 30 days.';
COMMENT ON COLUMN gold.account_features.most_transfers_out_30d IS 'Most transfers sent within 30 days. Unit: transfers. Window: 30 days.';
COMMENT ON COLUMN gold.account_features.most_amount_in_30d IS 'Largest sum received within 30 days. Unit: base currency. Window: 30 days.';
COMMENT ON COLUMN gold.account_features.most_amount_out_30d IS 'Largest sum sent within 30 days. Unit: base currency. Window: 30 days.';
COMMENT ON COLUMN gold.account_features.most_payers_30d IS 'Most distinct accounts that paid the account within 30 days. Unit: accounts. Window: 30 days.';
COMMENT ON COLUMN gold.account_features.most_payees_30d IS 'Most distinct accounts that the account paid within 30 days. Unit: accounts. Window: 30 days.';
COMMENT ON COLUMN gold.account_features.passed_on_share_1d IS 'Share of the money received that was sent on within 1 day, where each transfer sent uses up the oldest money that came within the day before it. Unit: share. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.passed_on_share_7d IS 'Share of the money received that was sent on within 7 days, where each transfer sent uses up the oldest money that came within the 7 days before it. Unit: share. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.two_paths_1d IS 'Pairs of a transfer received and a later one sent to another account within 1 day: chains that lead through the account. Unit: pairs of transfers. Window: 1 day.';
COMMENT ON COLUMN gold.account_features.back_and_forth_7d IS 'Pairs of transfers between the account and one other, one each way, within 7 days: cycles of two transfers. Unit: pairs of transfers. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.gather_scatter_7d IS 'The largest n for which n distinct accounts paid the account in the 7 days up to one of the transfers that it sent, and n distinct accounts were paid in the 7 days from that transfer on. Unit: accounts. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.cycles_3_7d IS 'Cycles of three transfers in time order through the account within 7 days. Unit: cycles. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.cycles_4_7d IS 'Cycles of four transfers in time order through the account within 7 days. Unit: cycles. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.scatter_gather_source_7d IS 'Times that the account paid at least three others, in transfers of 500 units or more, who all paid one same account within 7 days; a series of overlapping windows counts once. Unit: scatter-gathers. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.scatter_gather_middle_7d IS 'Scatter-gathers in which the account is one of those in between. Unit: scatter-gathers. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.scatter_gather_sink_7d IS 'Scatter-gathers in which the money comes together again in the account. Unit: scatter-gathers. Window: 7 days.';
COMMENT ON COLUMN gold.account_features.run_id IS 'Run that first measured exactly these values.';
