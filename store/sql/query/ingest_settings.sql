-- No parameters. For the transaction of one file: memory for sorts of millions of rows, and no compilation of statements, which
-- costs a small file more than all the rest.
SELECT set_config('work_mem', '128MB', true), set_config('maintenance_work_mem', '256MB', true), set_config('jit', 'off', true)
