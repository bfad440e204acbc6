-- The SQL functions of the extension amlgraph. docs/sql_scoring.md says how to use them.

CREATE FUNCTION aml.detect_anomaly(model text, VARIADIC features float8[]) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'aml_detect_anomaly';
COMMENT ON FUNCTION aml.detect_anomaly(text, float8[]) IS 'Whether the model calls the row an anomaly. The features in the order of the model''s signature; NaN: missing. model: name, name@version or name@alias; without @ the version in production.';

CREATE FUNCTION aml.detect_anomaly(model text, entity record) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'aml_detect_anomaly_of_row';
COMMENT ON FUNCTION aml.detect_anomaly(text, record) IS 'Whether the model calls the row an anomaly. The features are the columns of the row by their names; others do not matter. model: name, name@version or name@alias; without @ the version in production.';

CREATE FUNCTION aml.anomaly_score(model text, VARIADIC features float8[]) RETURNS float8
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'aml_anomaly_score';
COMMENT ON FUNCTION aml.anomaly_score(text, float8[]) IS 'How anomalous the row is, in (0, 1]: 0.5 is ordinary, towards 1 is anomalous. The features in the order of the model''s signature; NaN: missing. model: name, name@version or name@alias; without @ the version in production.';

CREATE FUNCTION aml.anomaly_score(model text, entity record) RETURNS float8
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'aml_anomaly_score_of_row';
COMMENT ON FUNCTION aml.anomaly_score(text, record) IS 'How anomalous the row is, in (0, 1]: 0.5 is ordinary, towards 1 is anomalous. The features are the columns of the row by their names; others do not matter. model: name, name@version or name@alias; without @ the version in production.';

CREATE FUNCTION aml.anomaly_reasons(model text, VARIADIC features float8[]) RETURNS jsonb
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'aml_anomaly_reasons';
COMMENT ON FUNCTION aml.anomaly_reasons(text, float8[]) IS 'The features that set the row apart, the strongest first: [{feature, value, median, share}], those below one percent left out. The features in the order of the model''s signature; NaN: missing. model: name, name@version or name@alias; without @ the version in production.';

CREATE FUNCTION aml.anomaly_reasons(model text, entity record) RETURNS jsonb
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'aml_anomaly_reasons_of_row';
COMMENT ON FUNCTION aml.anomaly_reasons(text, record) IS 'The features that set the row apart, the strongest first: [{feature, value, median, share}], those below one percent left out. The features are the columns of the row by their names; others do not matter. model: name, name@version or name@alias; without @ the version in production.';
