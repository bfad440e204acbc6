// SPDX-License-Identifier: Apache-2.0
// The SQL functions of the extension: amlgraph--1.0.sql declares them.
//
// Everything here may be left by ereport(), that is by longjmp(), so no object with a destructor may
// live in this file: C++ objects stay behind scoring_model.hpp. What must outlive a call lies in the
// memory of the query that makes it.
extern "C" {
#include "postgres.h"
// After postgres.h, as PostgreSQL wants it.
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

PG_MODULE_MAGIC;
}

#include <cmath>

#include "scoring_queries.hpp"
#include "store/extension/scoring_model.hpp"

using aml::scoring::Column;
using aml::scoring::Contribution;
using aml::scoring::Loading;
using aml::scoring::Model;

namespace {

/// Two calls with equal views see the same rows of the registry, and may both read them.
struct RegistryView {
  TransactionId xmin;
  TransactionId xmax;
  uint32 running;
  int32 running_below;
  CommandId command;
  SubTransactionId subtransaction;
  Oid user;

  bool operator==(const RegistryView&) const = default;
};

/// What one call site of a query knows: kept in its fn_extra.
struct CallSite {
  MemoryContext memory;  ///< of the query
  RegistryView view;
  text* reference;  ///< "model", "model@3" or "model@alias", as it was given
  Model* model;     ///< held; may be null
  int columns;
  float* row;        ///< as the forest takes it
  double* features;  ///< as they were given

  // If whole rows are given: where the columns of the model stand in them.
  uint64 row_type;  ///< as assign_record_type_identifier() has it; 0: not known
  TupleDesc row_columns;
  int* places;
  Datum* values;
  bool* nulls;
};

// ---- which version scores

RegistryView current_view() {
  if (!ActiveSnapshotSet()) elog(ERROR, "a model cannot be looked up outside of a query");
  const Snapshot snapshot = GetActiveSnapshot();
  return {snapshot->xmin,    snapshot->xmax,   snapshot->xcnt,
          snapshot->subxcnt, snapshot->curcid, GetCurrentSubTransactionId(),
          GetUserId()};
}

void forget_model(CallSite* site) {
  if (site->model != nullptr) aml::scoring::release_model(site->model);
  site->model = nullptr;
  site->view = {};  // equal to none: no subtransaction has the number 0
}

void end_call_site(void* site) {
  forget_model(static_cast<CallSite*>(site));
}

CallSite* call_site(FunctionCallInfo fcinfo) {
  if (fcinfo->flinfo->fn_extra == nullptr) {
    const MemoryContext memory = fcinfo->flinfo->fn_mcxt;
    auto* site = static_cast<CallSite*>(MemoryContextAllocZero(memory, sizeof(CallSite)));
    auto* at_end = static_cast<MemoryContextCallback*>(
        MemoryContextAllocZero(memory, sizeof(MemoryContextCallback)));
    site->memory = memory;
    at_end->func = end_call_site;
    at_end->arg = site;
    MemoryContextRegisterResetCallback(memory, at_end);
    fcinfo->flinfo->fn_extra = site;
  }
  return static_cast<CallSite*>(fcinfo->flinfo->fn_extra);
}

void require_registry() {
  const Oid schema = get_namespace_oid("aml", true);
  if (!OidIsValid(schema) || !OidIsValid(get_relname_relid("model_versions", schema))) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("this database has no model registry"),
                    errhint("Run aml init on it.")));
  }
}

/// A plan for the statement that lasts as long as the backend. Requires: an SPI connection.
SPIPlanPtr kept_plan(SPIPlanPtr* plan, std::string_view statement, int arguments, Oid* types) {
  if (*plan == nullptr) {
    require_registry();
    const SPIPlanPtr made = SPI_prepare(statement.data(), arguments, types);
    if (made == nullptr || SPI_keepplan(made) != 0) {
      elog(ERROR, "the registry cannot be read: %s", SPI_result_code_string(SPI_result));
    }
    *plan = made;
  }
  return *plan;
}

/// Runs a statement in the snapshot of the query around it, so that all calls of that query, parallel
/// workers' included, find the same version.
bool find_row(SPIPlanPtr plan, Datum* values, const char* nulls) {
  const int outcome = SPI_execute_plan(plan, values, nulls, true, 1);
  if (outcome != SPI_OK_SELECT) {
    elog(ERROR, "the registry cannot be read: %s", SPI_result_code_string(outcome));
  }
  return SPI_processed > 0;
}

Datum found_value(int column) {
  bool is_null = false;
  const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null);
  if (is_null) elog(ERROR, "column %d of the registry's row is null", column);
  return value;
}

/// Of a version whose row is in the registry. Nothing of the artifact is told.
[[noreturn]] void refuse_artifact(const char* name, int version, const char* why) {
  ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                  errmsg("model \"%s\", version %d: %s", name, version, why),
                  errhint("Register the model again and promote the new version.")));
  pg_unreachable();
}

/// Requires: an SPI connection. Returns: the model, held.
Model* load_version(const char* name, int version, const char* sha256) {
  static SPIPlanPtr plan = nullptr;
  Oid types[] = {TEXTOID, INT4OID};
  Datum values[] = {CStringGetTextDatum(name), Int32GetDatum(version)};
  if (!find_row(kept_plan(&plan, aml::scoring_queries::read_scoring_artifact.text, 2, types),
                values, nullptr)) {
    elog(ERROR, "model \"%s\" has no version %d", name, version);
  }
  if (!DatumGetBool(found_value(2))) {
    refuse_artifact(name, version, "its artifact is damaged, the SHA-256 is not the one recorded");
  }
  const bytea* artifact = DatumGetByteaPP(found_value(1));
  Model* model = nullptr;
  const Loading outcome =
      aml::scoring::load_model(sha256, VARDATA_ANY(artifact), VARSIZE_ANY_EXHDR(artifact), &model);
  if (outcome == Loading::kOutOfMemory) {
    ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
                    errmsg("out of memory for model \"%s\", version %d", name, version)));
  }
  if (outcome == Loading::kDamaged) {
    refuse_artifact(name, version, "its artifact is no forest model that this extension can read");
  }
  return model;
}

[[noreturn]] void refuse_reference(const char* name, const char* selector) {
  if (selector == nullptr) {
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_OBJECT),
             errmsg("there is no model \"%s\" with a version in production", name),
             errhint("aml.model_versions lists the models and the stages of their versions.")));
  }
  ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                  errmsg("model \"%s\" has no version or alias \"%s\"", name, selector),
                  errhint("aml.model_versions and aml.model_aliases list what there is.")));
  pg_unreachable();
}

/// Looks up the version that site->reference means and holds it. Requires: none is held.
void look_up_model(CallSite* site) {
  static SPIPlanPtr plan = nullptr;
  if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "the registry cannot be read");
  char* name = text_to_cstring(site->reference);
  char* selector = strchr(name, '@');
  if (selector != nullptr) *selector++ = '\0';

  Oid types[] = {TEXTOID, TEXTOID};
  Datum values[] = {CStringGetTextDatum(name),
                    selector == nullptr ? Datum{0} : CStringGetTextDatum(selector)};
  if (!find_row(kept_plan(&plan, aml::scoring_queries::find_scoring_version.text, 2, types), values,
                selector == nullptr ? " n" : nullptr)) {
    refuse_reference(name, selector);
  }
  const int version = DatumGetInt32(found_value(1));
  const char* sha256 = TextDatumGetCString(found_value(2));
  site->model = aml::scoring::find_model(sha256);
  if (site->model == nullptr) site->model = load_version(name, version, sha256);
  SPI_finish();
}

/// The arrays that the columns of the model need.
void make_room(CallSite* site) {
  const auto columns = static_cast<int>(aml::scoring::column_count(site->model));
  site->row_type = 0;
  if (columns == site->columns) return;
  site->columns = 0;
  if (site->row != nullptr) pfree(site->row);
  if (site->features != nullptr) pfree(site->features);
  if (site->places != nullptr) pfree(site->places);
  site->row = nullptr;
  site->features = nullptr;
  site->places = nullptr;
  const auto count = static_cast<Size>(columns);
  site->row = static_cast<float*>(MemoryContextAlloc(site->memory, count * sizeof(float)));
  site->features = static_cast<double*>(MemoryContextAlloc(site->memory, count * sizeof(double)));
  site->places = static_cast<int*>(MemoryContextAlloc(site->memory, count * sizeof(int)));
  site->columns = columns;
}

bool is_same_text(const text* a, const text* b) {
  return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
         memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/// The call site, with the version held that the first argument means to the query around it.
CallSite* open_call_site(FunctionCallInfo fcinfo) {
  CallSite* site = call_site(fcinfo);
  const text* reference = PG_GETARG_TEXT_PP(0);
  const RegistryView view = current_view();
  if (site->view == view && is_same_text(site->reference, reference)) {
    return site;
  }
  forget_model(site);
  if (site->reference != nullptr) pfree(site->reference);
  site->reference = nullptr;
  const MemoryContext callers = MemoryContextSwitchTo(site->memory);
  site->reference = cstring_to_text_with_len(VARDATA_ANY(reference),
                                             static_cast<int>(VARSIZE_ANY_EXHDR(reference)));
  MemoryContextSwitchTo(callers);
  look_up_model(site);
  make_room(site);
  site->view = view;  // last: what ended in an error is begun again
  return site;
}

// ---- the row

/// The name of a column of the model, in the encoding of the database.
char* column_name(const CallSite* site, int column) {
  const Column named = aml::scoring::column_at(site->model, static_cast<std::size_t>(column));
  char* name = pnstrdup(named.name, named.name_bytes);
  return pg_any_to_server(name, static_cast<int>(named.name_bytes), PG_UTF8);
}

/// A feature as scikit-learn and `aml forest` take it: a 32-bit float, NaN if it is missing.
void put_feature(CallSite* site, int column, double feature) {
  const auto value = static_cast<float>(feature);
  if (std::isinf(value)) {
    ereport(
        ERROR,
        (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
         errmsg("feature %d (\"%s\") of model \"%s\" is infinite or too large for a 32-bit float",
                column + 1, column_name(site, column), text_to_cstring(site->reference))));
  }
  site->features[column] = feature;
  site->row[column] = value;
}

/// Takes the features from the second argument. Returns: false if one is null.
bool take_array(CallSite* site, FunctionCallInfo fcinfo) {
  ArrayType* array = PG_GETARG_ARRAYTYPE_P(1);
  if (ARR_NDIM(array) > 1) {
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("features must be an array of one dimension, not %d", ARR_NDIM(array))));
  }
  const int given = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
  if (given != site->columns) {
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("model \"%s\" takes %d features, not %d",
                           text_to_cstring(site->reference), site->columns, given),
                    errhint("The signature in aml.model_versions names them in order.")));
  }
  if (array_contains_nulls(array)) return false;
  const auto* features = reinterpret_cast<const double*>(ARR_DATA_PTR(array));
  for (int column = 0; column < given; ++column) put_feature(site, column, features[column]);
  return true;
}

int place_of(const CallSite* site, TupleDesc row, int column) {
  const char* name = column_name(site, column);
  for (int place = 0; place < row->natts; ++place) {
    const FormData_pg_attribute* attribute = TupleDescAttr(row, place);
    if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0) return place;
  }
  ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                  errmsg("the row has no column \"%s\", which model \"%s\" takes", name,
                         text_to_cstring(site->reference))));
  pg_unreachable();
}

/// Finds the columns of the model in rows of this type.
void learn_row_type(CallSite* site, Oid type, int32 typmod, uint64 identifier) {
  site->row_type = 0;
  if (site->row_columns != nullptr) {
    FreeTupleDesc(site->row_columns);
    site->row_columns = nullptr;
    pfree(site->values);
    pfree(site->nulls);
  }
  const TupleDesc shared = lookup_rowtype_tupdesc(type, typmod);
  const MemoryContext callers = MemoryContextSwitchTo(site->memory);
  TupleDesc columns = CreateTupleDescCopy(shared);
  const auto count = static_cast<Size>(columns->natts);
  site->values = static_cast<Datum*>(palloc(Max(count, 1) * sizeof(Datum)));
  site->nulls = static_cast<bool*>(palloc(Max(count, 1) * sizeof(bool)));
  MemoryContextSwitchTo(callers);
  ReleaseTupleDesc(shared);
  site->row_columns = columns;
  for (int column = 0; column < site->columns; ++column) {
    site->places[column] = place_of(site, columns, column);
  }
  site->row_type = identifier;
}

double number_of(const CallSite* site, int place) {
  const Datum value = site->values[place];
  const FormData_pg_attribute* attribute = TupleDescAttr(site->row_columns, place);
  switch (getBaseType(attribute->atttypid)) {
    case FLOAT8OID:
      return DatumGetFloat8(value);
    case FLOAT4OID:
      return DatumGetFloat4(value);
    case INT2OID:
      return DatumGetInt16(value);
    case INT4OID:
      return DatumGetInt32(value);
    case INT8OID:
      return static_cast<double>(DatumGetInt64(value));
    case BOOLOID:
      return DatumGetBool(value) ? 1 : 0;
    case NUMERICOID:
      return DatumGetFloat8(DirectFunctionCall1(numeric_float8, value));
    default:
      ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                      errmsg("column \"%s\" is of type %s, but a feature is a number",
                             NameStr(attribute->attname), format_type_be(attribute->atttypid))));
      pg_unreachable();
  }
}

/// Takes the features from the columns of the second argument. Returns: false if one is null.
bool take_row(CallSite* site, FunctionCallInfo fcinfo) {
  HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
  const Oid type = HeapTupleHeaderGetTypeId(row);
  const int32 typmod = HeapTupleHeaderGetTypMod(row);
  // Another one after each ALTER of the type.
  const uint64 identifier = assign_record_type_identifier(type, typmod);
  if (identifier != site->row_type) learn_row_type(site, type, typmod, identifier);

  HeapTupleData tuple;
  tuple.t_len = HeapTupleHeaderGetDatumLength(row);
  ItemPointerSetInvalid(&tuple.t_self);
  tuple.t_tableOid = InvalidOid;
  tuple.t_data = row;
  heap_deform_tuple(&tuple, site->row_columns, site->values, site->nulls);
  for (int column = 0; column < site->columns; ++column) {
    if (site->nulls[site->places[column]]) return false;
  }
  for (int column = 0; column < site->columns; ++column) {
    put_feature(site, column, number_of(site, site->places[column]));
  }
  return true;
}

// ---- the answers

double score_of(const CallSite* site) {
  return aml::scoring::score_row(site->model, site->row);
}

bool is_anomaly(const CallSite* site) {
  return aml::scoring::is_anomaly(site->model, score_of(site));
}

void push_text(JsonbParseState** json, JsonbIteratorToken token, const char* words) {
  JsonbValue value;
  value.type = jbvString;
  value.val.string.val = const_cast<char*>(words);
  value.val.string.len = static_cast<int>(strlen(words));
  pushJsonbValue(json, token, &value);
}

/// {"key": number}; null if it is NaN, as where a value is missing.
void push_number(JsonbParseState** json, const char* key, double number, PGFunction to_numeric,
                 Datum as_given) {
  push_text(json, WJB_KEY, key);
  JsonbValue value;
  value.type = jbvNull;
  if (!std::isnan(number)) {
    value.type = jbvNumeric;
    value.val.numeric = DatumGetNumeric(DirectFunctionCall1(to_numeric, as_given));
  }
  pushJsonbValue(json, WJB_VALUE, &value);
}

Datum reasons_of(const CallSite* site) {
  auto* contributions =
      static_cast<Contribution*>(palloc(static_cast<Size>(site->columns) * sizeof(Contribution)));
  const int count = aml::scoring::explain_row(site->model, site->row, contributions);
  if (count < 0) ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
  JsonbParseState* json = nullptr;
  pushJsonbValue(&json, WJB_BEGIN_ARRAY, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto column = static_cast<int>(contributions[i].column);
    const double feature = site->features[column];
    const double share = contributions[i].share;
    const float median = aml::scoring::column_at(site->model, contributions[i].column).median;
    pushJsonbValue(&json, WJB_BEGIN_OBJECT, nullptr);
    push_text(&json, WJB_KEY, "feature");
    push_text(&json, WJB_VALUE, column_name(site, column));
    push_number(&json, "value", feature, float8_numeric, Float8GetDatum(feature));
    push_number(&json, "median", median, float4_numeric, Float4GetDatum(median));
    push_number(&json, "share", share, float8_numeric, Float8GetDatum(share));
    pushJsonbValue(&json, WJB_END_OBJECT, nullptr);
  }
  return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&json, WJB_END_ARRAY, nullptr)));
}

}  // namespace

extern "C" {

// Declared first: what the server's headers declare of a function is not exported.
#define AML_SQL_FUNCTION(function, take, answer) \
  PGDLLEXPORT Datum function(PG_FUNCTION_ARGS);  \
  PG_FUNCTION_INFO_V1(function);                 \
  Datum function(PG_FUNCTION_ARGS) {             \
    CallSite* site = open_call_site(fcinfo);     \
    if (!take(site, fcinfo)) PG_RETURN_NULL();   \
    return answer;                               \
  }                                              \
  static_assert(true)

AML_SQL_FUNCTION(aml_detect_anomaly, take_array, BoolGetDatum(is_anomaly(site)));
AML_SQL_FUNCTION(aml_detect_anomaly_of_row, take_row, BoolGetDatum(is_anomaly(site)));
AML_SQL_FUNCTION(aml_anomaly_score, take_array, Float8GetDatum(score_of(site)));
AML_SQL_FUNCTION(aml_anomaly_score_of_row, take_row, Float8GetDatum(score_of(site)));
AML_SQL_FUNCTION(aml_anomaly_reasons, take_array, reasons_of(site));
AML_SQL_FUNCTION(aml_anomaly_reasons_of_row, take_row, reasons_of(site));

}  // extern "C"
