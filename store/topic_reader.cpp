// SPDX-License-Identifier: Apache-2.0
#include "store/topic_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/content_hash.hpp"
#include "store/input_file.hpp"
#include "store/json_rows.hpp"
#include "store/load_session.hpp"
#include "store/load_transaction.hpp"
#include "store/record_load.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

constexpr std::int64_t kLinesOfAPartition = 10'000'000'000'000;

/// Where a message lies, as one number that can be read: the partition, then thirteen digits of the
/// offset.
std::uint64_t line_of(const TopicMessage& message) {
  return static_cast<std::uint64_t>(message.partition * kLinesOfAPartition + message.offset);
}

std::int64_t to_offset(std::string_view text) {
  std::int64_t offset = 0;
  std::from_chars(text.data(), text.data() + text.size(), offset);
  return offset;
}

/// Messages that are loaded together, and the columns of their objects.
struct Batch {
  std::vector<TopicMessage> messages;  // ends of partitions too
  std::vector<std::string> columns;    // in order of their names: the order of messages is chance
  std::uint64_t bytes = 0;
};

/// Takes messages from the front, as many as make one table.
Batch take_batch(std::deque<TopicMessage>& pending) {
  Batch batch;
  JsonRows rows({});
  Record record;
  while (!pending.empty()) {
    TopicMessage& message = pending.front();
    if (message.payload) {
      rows.read(*message.payload, record);
      // Beside other objects it would make too many columns; alone it is read, or is the culprit.
      if (record.defect == LineDefect::kTooManyKeys && !rows.columns().empty()) break;
    }
    batch.bytes += message.bytes();
    batch.messages.push_back(std::move(message));
    pending.pop_front();
  }
  batch.columns = rows.columns();
  std::ranges::sort(batch.columns);
  return batch;
}

/// Partitions of a batch, the position of each in the database and behind the batch.
struct Move {
  std::vector<std::string> parts;
  std::vector<std::string> from;
  std::vector<std::string> to;
};

/// The messages of a batch as records.
class MessageRecords : public RecordReader {
 public:
  MessageRecords(const Batch& batch, const FilePlan& plan)
      : messages_(batch.messages), plan_(plan), rows_(batch.columns) {}

  const std::vector<std::string>& header() const override { return rows_.columns(); }
  std::uint64_t header_line() const override { return line_of(messages_.front()); }

  bool next(Record& record) override {
    while (next_ < messages_.size() && messages_[next_].is_end) ++next_;
    if (next_ == messages_.size()) return false;
    const TopicMessage& message = messages_[next_++];
    record.line = line_of(message);
    record.end = next_;  // a batch has no bytes; it is never read from the middle
    if (message.payload) {
      rows_.read(*message.payload, record);
      if (record.defect == LineDefect::kNone && names_a_column_twice(record))
        make_defective(record, LineDefect::kRepeatedKey, *message.payload);
    } else {
      make_defective(record, LineDefect::kNoPayload, message.key);
    }
    return true;
  }

 private:
  /// One of two values would be lost, as with a key that is there twice.
  bool names_a_column_twice(const Record& record) const {
    return std::ranges::any_of(plan_.datasets.front().columns, [&](const ColumnSource& source) {
      return std::ranges::count_if(source.positions, [&](std::size_t position) {
               return !record.json[position].empty();
             }) > 1;
    });
  }

  static void make_defective(Record& record, LineDefect defect, std::string_view raw) {
    record.defect = defect;
    record.fields.clear();
    record.json.clear();
    record.raw = raw;
  }

  const std::vector<TopicMessage>& messages_;
  const FilePlan& plan_;
  JsonRows rows_;
  std::size_t next_ = 0;
};

}  // namespace

struct TopicReader::State {
  State(KafkaSource wanted, IngestOptions how, TopicOptions limits, OpenLog opener)
      : source(std::move(wanted)),
        ingest(std::move(how)),
        options(limits),
        open(std::move(opener)) {}

  /// What is read of a partition.
  struct Partition {
    std::int64_t stored = 0;          // where the database says that reading goes on
    std::int64_t next = 0;            // behind what is loaded
    std::int64_t target = 0;          // its end when reading began
    bool has_ended = false;           // its end was reached since
    std::optional<std::int64_t> lag;  // as it was recorded
  };

  void begin(Connection& connection);
  void look_for_partitions(Connection& connection);
  void begin_partition(Connection& connection, std::int32_t number,
                       std::optional<std::int64_t> stored);
  void record_beginning(Connection& connection, std::int32_t number, std::int64_t begin);
  void close_gap(Connection& connection, std::int32_t number, std::int64_t stored,
                 std::int64_t begin);
  void fetch(std::chrono::milliseconds patience);
  void pass_ends();
  std::optional<FileOutcome> load_pending(LoadSession& session);
  std::optional<FileOutcome> load(LoadSession& session, const Batch& batch);
  Move move_over(const Batch& batch) const;
  std::string hash_of(const Batch& batch) const;
  void count_as_loaded(const Batch& batch);
  void forget();

  template <typename Work>
  std::optional<FileOutcome> outcome_or_forget(Work&& work);

  KafkaSource source;
  IngestOptions ingest;
  TopicOptions options;
  OpenLog open;
  std::unique_ptr<TopicLog> log;  // none: what was read is forgotten, the database knows
  std::map<std::int32_t, Partition> partitions;
  std::deque<TopicMessage> pending;  // fetched, not loaded
  bool is_full = false;              // the newest fetch ended because a batch takes no more
  std::chrono::steady_clock::time_point looked_for_partitions;
};

void TopicReader::State::forget() {
  log.reset();
  partitions.clear();
  pending.clear();
}

/// What is in memory is worth nothing after an error: the database knows where to go on.
template <typename Work>
std::optional<FileOutcome> TopicReader::State::outcome_or_forget(Work&& work) {
  std::optional<FileOutcome> outcome;
  try {
    outcome = refusal_as_outcome(source.name, work);
  } catch (const TopicError& error) {
    outcome = outcome_of(source.name, FileOutcome::Kind::kUnreachable, error.what());
  } catch (...) {
    forget();
    throw;
  }
  if (outcome && outcome->kind != FileOutcome::Kind::kLoaded) forget();
  return outcome;
}

void TopicReader::State::begin(Connection& connection) {
  if (!log) {
    log = open();
  } else if (std::chrono::steady_clock::now() - looked_for_partitions <
             options.look_for_partitions) {
    return;
  }
  look_for_partitions(connection);
  looked_for_partitions = std::chrono::steady_clock::now();
}

void TopicReader::State::look_for_partitions(Connection& connection) {
  std::vector<std::int32_t> fresh;
  for (const std::int32_t number : log->partitions()) {
    if (!partitions.contains(number)) fresh.push_back(number);
  }
  if (fresh.empty()) return;
  std::map<std::string, std::int64_t> stored;
  {
    auto session = store::begin<pqxx::nontransaction>(connection);
    for (const auto& row : store::run(session, query::list_topic_positions, source.name))
      stored[row[0].c_str()] = to_offset(row[1].c_str());
  }
  for (const std::int32_t number : fresh) {
    const auto known = stored.find(std::to_string(number));
    begin_partition(connection, number,
                    known == stored.end() ? std::nullopt : std::optional(known->second));
  }
}

void TopicReader::State::begin_partition(Connection& connection, std::int32_t number,
                                         std::optional<std::int64_t> stored) {
  const OffsetRange range = log->range(number);
  if (stored && *stored > range.end) {
    refuse_file(
        source.name,
        fmt::format("partition {} of topic {} was read up to offset {}, but ends at {}: "
                    "it was deleted and made anew, or has lost its newest messages\n  to read the "
                    "new topic from its beginning, give the source another name",
                    number, source.topic, *stored, range.end));
  }
  if (!stored) record_beginning(connection, number, range.begin);
  if (stored && *stored < range.begin) close_gap(connection, number, *stored, range.begin);
  const std::int64_t next = std::max(stored.value_or(0), range.begin);
  log->start(number, next);
  partitions[number] = {next, next, range.end, false, std::nullopt};
}

/// At first sight, not with the first message: that one could be deleted before it is read. If
/// another reader has been here, the positions do not fit when the first batch moves them.
void TopicReader::State::record_beginning(Connection& connection, std::int32_t number,
                                          std::int64_t begin) {
  const auto array_of = [](const std::string& text) { return text_array(std::vector{text}); };
  auto session = store::begin<pqxx::nontransaction>(connection);
  store::run(session, query::move_topic_positions, std::nullopt, source.name,
             array_of(std::to_string(number)), array_of(""), array_of(std::to_string(begin)));
}

void TopicReader::State::close_gap(Connection& connection, std::int32_t number, std::int64_t stored,
                                   std::int64_t begin) {
  if (!options.accept_gaps) {
    refuse_file(
        source.name,
        fmt::format("partition {} of topic {} begins at offset {}, but was read only up "
                    "to {}: its retention has deleted up to {} messages unread\n  find them "
                    "elsewhere, or go on behind them with aml load --source FILE --accept-gaps, "
                    "which keeps a record in aml.source_gaps",
                    number, source.topic, begin, stored, begin - stored));
  }
  auto session = store::begin<pqxx::nontransaction>(connection);
  store::run(session, query::accept_source_gap, source.name, std::to_string(number),
             std::to_string(stored), std::to_string(begin));
}

void TopicReader::State::fetch(std::chrono::milliseconds patience) {
  std::size_t bytes = 0;
  for (const auto& message : pending) bytes += message.bytes();
  while (pending.size() < options.batch_messages && bytes < options.batch_bytes) {
    auto message = log->next(pending.empty() ? patience : std::chrono::milliseconds(0));
    is_full = message.has_value();
    if (!message) return;
    bytes += message->bytes();
    pending.push_back(std::move(*message));
  }
}

/// Ends of partitions that no message stands before.
void TopicReader::State::pass_ends() {
  for (; !pending.empty() && pending.front().is_end; pending.pop_front()) {
    Partition& partition = partitions.at(pending.front().partition);
    partition.next = pending.front().offset;
    partition.has_ended = true;
  }
}

std::optional<FileOutcome> TopicReader::State::load_pending(LoadSession& session) {
  const Batch batch = take_batch(pending);
  auto outcome = load(session, batch);
  if (!outcome) {
    forget();
    return {};
  }
  count_as_loaded(batch);
  session.analyze(outcome->rows_loaded);
  return outcome;
}

/// None if another reader has moved the positions since they were read.
std::optional<FileOutcome> TopicReader::State::load(LoadSession& session, const Batch& batch) {
  const FilePlan plan = plan_rows(source.dataset, batch.columns);
  FileOutcome outcome = outcome_of(source.name, FileOutcome::Kind::kLoaded, "");
  outcome.dataset = name_of(source.dataset);
  LoadTransaction transaction(session.loader());
  RecordLoad records(session, transaction, source.name, plan, outcome);
  transaction.run(query::ingest_settings, {});
  transaction.run(query::begin_topic_version, {source.name, source.topic, outcome.dataset});
  const Move move = move_over(batch);
  const std::vector<Parameter> moves{text_array(move.parts), text_array(move.from),
                                     text_array(move.to)};
  const std::int64_t file_id = transaction
                                   .run(query::register_topic_batch,
                                        {hash_of(batch), outcome.dataset, source.name,
                                         to_parameter(batch.bytes), moves[0], moves[1], moves[2]})
                                   .number(0, 0);
  const Rows moved =
      transaction.run(query::move_topic_positions,
                      {to_parameter(file_id), source.name, moves[0], moves[1], moves[2]});
  if (static_cast<std::size_t>(moved.number(0, 0)) != move.parts.size()) return {};
  records.find_new_columns();
  MessageRecords messages(batch, plan);
  records.copy_into_bronze(file_id, messages, 0);
  records.load_into_silver(source.name);
  transaction.commit();
  return outcome;
}

Move TopicReader::State::move_over(const Batch& batch) const {
  std::map<std::int32_t, std::int64_t> ahead;
  for (const auto& message : batch.messages) ahead[message.partition] = message.next_offset();
  Move move;
  for (const auto& [number, next] : ahead) {
    move.parts.push_back(std::to_string(number));
    move.from.push_back(std::to_string(partitions.at(number).stored));
    move.to.push_back(std::to_string(next));
  }
  return move;
}

/// Of the messages and where they lie: the same messages elsewhere are another batch.
std::string TopicReader::State::hash_of(const Batch& batch) const {
  Sha256 hash;
  hash.update(source.name + '\n');
  for (const auto& message : batch.messages) {
    if (message.is_end) continue;
    hash.update(fmt::format("{} {} ", line_of(message),
                            message.payload ? std::to_string(message.payload->size()) : "-"));
    if (message.payload) hash.update(*message.payload);
  }
  return hash.finish_hex();
}

void TopicReader::State::count_as_loaded(const Batch& batch) {
  for (const auto& message : batch.messages) {
    Partition& partition = partitions.at(message.partition);
    partition.next = message.next_offset();
    partition.stored = partition.next;
    partition.has_ended |= message.is_end;
  }
}

TopicReader::TopicReader(KafkaSource source, IngestOptions ingest, TopicOptions options,
                         OpenLog open)
    : state_(
          std::make_unique<State>(std::move(source), std::move(ingest), options, std::move(open))) {
  validate(state_->ingest.expectations);
}

TopicReader::~TopicReader() = default;
TopicReader::TopicReader(TopicReader&&) noexcept = default;
TopicReader& TopicReader::operator=(TopicReader&&) noexcept = default;

const KafkaSource& TopicReader::source() const {
  return state_->source;
}

std::optional<FileOutcome> TopicReader::load_batch(Connection& connection,
                                                   std::chrono::milliseconds patience) {
  return state_->outcome_or_forget([&]() -> std::optional<FileOutcome> {
    state_->begin(connection);
    state_->fetch(patience);
    state_->pass_ends();
    if (state_->pending.empty()) return {};
    LoadSession session(connection, state_->ingest);
    return state_->load_pending(session);
  });
}

bool TopicReader::has_caught_up() const {
  return state_->log != nullptr && state_->pending.empty() &&
         std::ranges::all_of(state_->partitions, [](const auto& numbered) {
           return numbered.second.has_ended || numbered.second.next >= numbered.second.target;
         });
}

bool TopicReader::is_behind() const {
  return state_->is_full || !state_->pending.empty();
}

void TopicReader::record_lags(Connection& connection) {
  std::vector<std::string> parts;
  std::vector<std::string> lags;
  for (auto& [number, partition] : state_->partitions) {
    const auto end = state_->log->known_end(number);
    if (!end) continue;
    const std::int64_t lag = std::max<std::int64_t>(0, *end - partition.next);
    if (partition.lag == lag) continue;
    partition.lag = lag;
    parts.push_back(std::to_string(number));
    lags.push_back(std::to_string(lag));
  }
  if (parts.empty()) return;
  auto session = begin<pqxx::nontransaction>(connection);
  run(session, query::record_topic_lags, state_->source.name, text_array(parts), text_array(lags));
}

}  // namespace aml::store
