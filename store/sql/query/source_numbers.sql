-- $1 and $2 watermarks that are numbers, either may be null, $3 lateness in the same unit. The greater one, and it less the lateness.
SELECT greatest($1::numeric, $2::numeric)::text, (greatest($1::numeric, $2::numeric) - $3::bigint)::text
