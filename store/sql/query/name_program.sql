-- $1 version of the program: versions that this connection makes name it.
SELECT set_config('aml.program_version', $1::text, false)
