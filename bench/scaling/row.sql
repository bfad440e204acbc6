-- One line of the table of bench/scaling/run: what the ledger says of the run, beside what the script has measured.
SELECT :'millions', max(r.accounts), max(r.transfers), (SELECT count(*) FROM gold.alerts), :generated, :loaded,
       round(sum(s.seconds) FILTER (WHERE name = 'read snapshot')::numeric, 2),
       round(sum(s.seconds) FILTER (WHERE name = 'build graph')::numeric, 2),
       round(sum(s.seconds) FILTER (WHERE name NOT IN ('read snapshot', 'build graph', 'write gold'))::numeric, 2),
       round(sum(s.seconds) FILTER (WHERE name = 'write gold')::numeric, 2),
       round(extract(epoch FROM max(r.finished_at - r.started_at))::numeric, 2), :total,
       max(r.peak_memory_bytes) / 1048576, count(*) FILTER (WHERE outcome = 'truncated'), :load, :'today'
FROM aml.runs r JOIN aml.run_steps s USING (run_id)
