-- $1 file_id of a replay whose rows went through the split. Those that the split sent to quarantine again leave the replay: they stay
-- open where they were, with the reasons of today. Returns them counted by reason. What was just written has no statistics, so rows
-- are looked up one by one by their whole key, in subqueries that the planner cannot turn into joins.
WITH judged AS MATERIALIZED (
  SELECT placed.file_id, placed.line, placed.dataset, again.reasons
  FROM quarantine.rows again
  CROSS JOIN LATERAL (
    SELECT replay.file_id, replay.line, replay.dataset
    FROM quarantine.replays replay
    WHERE replay.replay_file_id = again.file_id AND replay.replay_line = again.line AND replay.dataset = again.dataset
    OFFSET 0
  ) AS placed
  WHERE again.file_id = $1
),
returned AS (
  UPDATE quarantine.rows held
  SET reasons = judged.reasons
  FROM judged
  WHERE held.ctid = (SELECT found.ctid FROM quarantine.rows found
                     WHERE found.file_id = judged.file_id AND found.line = judged.line AND found.dataset = judged.dataset)
),
unplaced AS (
  DELETE FROM quarantine.replays replay
  WHERE replay_file_id = $1 AND (SELECT true FROM quarantine.rows again
                                 WHERE again.file_id = $1 AND again.line = replay.replay_line AND again.dataset = replay.dataset)
),
judgement AS (
  DELETE FROM quarantine.rows WHERE file_id = $1
),
transfers AS (
  DELETE FROM bronze.transfers bronze
  WHERE file_id = $1 AND (SELECT true FROM quarantine.rows again
                          WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'transfers')
),
accounts AS (
  DELETE FROM bronze.accounts bronze
  WHERE file_id = $1 AND (SELECT true FROM quarantine.rows again
                          WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'accounts')
),
parties AS (
  DELETE FROM bronze.parties bronze
  WHERE file_id = $1 AND (SELECT true FROM quarantine.rows again
                          WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'parties')
),
fx_rates AS (
  DELETE FROM bronze.fx_rates bronze
  WHERE file_id = $1 AND (SELECT true FROM quarantine.rows again
                          WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'fx_rates')
)
SELECT reason, count(*) FROM judged, unnest(reasons) AS reason GROUP BY reason
