-- No parameters. Undoes become_owner.
SELECT set_config('role', 'none', false)
