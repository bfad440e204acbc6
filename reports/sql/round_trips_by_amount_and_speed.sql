-- Which round trips move the most money the fastest?
--   psql "$(aml db url)" -v returned_at_least=0.9 -v hours_at_most=72 -f reports/sql/round_trips_by_amount_and_speed.sql
-- returned_at_least: share of the money that came back (default 0.5).  hours_at_most: first to last hop (default 480).
-- carried_round: the smaller of what was sent and what came back; more than was sent cannot have come from the sender.
\if :{?returned_at_least}
\else
  \set returned_at_least 0.5
\endif
\if :{?hours_at_most}
\else
  \set hours_at_most 480
\endif
SELECT origin, origin_name, array_to_string(accounts, ' > ') || ' > ' || origin AS way, length, amount_sent, amount_returned,
       round(returned_share, 3) AS returned_share, least(amount_sent, amount_returned) AS carried_round, currency,
       duration_hours, round(least(amount_sent, amount_returned) / nullif(duration_hours, 0), 2) AS carried_per_hour,
       severity, alert_id
FROM gold.round_trips
WHERE returned_share >= :returned_at_least AND duration_hours <= :hours_at_most
ORDER BY carried_round DESC, duration_hours, alert_id;
