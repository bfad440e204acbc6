-- No parameters. What every connection relies on, whatever the role or the server have as their defaults. A statement waits a minute for
-- a lock, and ends soon after the program that asked for it is gone, where the server's operating system can tell (PostgreSQL refuses the
-- setting elsewhere). Triggers write the history, so they must fire; to set that needs a right which only those have for whom it differs.
SELECT set_config('TimeZone', 'UTC', false),
       set_config('DateStyle', 'ISO, MDY', false),
       set_config('IntervalStyle', 'postgres', false),
       set_config('client_encoding', 'UTF8', false),
       set_config('client_min_messages', 'warning', false),
       set_config('standard_conforming_strings', 'on', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('statement_timeout', '0', false),
       set_config('lock_timeout', '1min', false),
       set_config('client_connection_check_interval', CASE WHEN version() ~* 'linux|darwin|bsd' THEN '1s' ELSE '0' END, false),
       set_config('idle_session_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '0', false),
       CASE WHEN current_setting('session_replication_role') <> 'origin' THEN set_config('session_replication_role', 'origin', false) END
