-- $1 and $2 watermarks that are times, either may be null, $3 lateness in microseconds. The later one, and it less the lateness.
SELECT greatest($1::timestamptz, $2::timestamptz)::text,
       (greatest($1::timestamptz, $2::timestamptz) - $3::bigint * interval '1 microsecond')::text
