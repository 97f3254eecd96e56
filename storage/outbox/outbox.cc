#include "storage/outbox/outbox.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "storage/outbox/outbox_rows.h"
#include "storage/outbox/route.h"

namespace shiming::outbox {
namespace {

// Limits of the ledger's protos.
constexpr size_t kMaxAggregate = 128;
constexpr size_t kMaxOnceKey = 160;
constexpr size_t kMaxEntryBytes = 65535;
constexpr int kEventFormat = 1;

absl::Status BadDraft(std::string_view why) {
  return MakeError(Reason::INTERNAL_ERROR,
                   absl::StrCat("event draft: ", std::string(why)));
}

bool IsAggregate(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > kMaxAggregate ||
      slash == 0 || slash + 1 == text.size()) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.' || c == '-';
  });
}

absl::Status CheckDraft(const ledger::v1::Event& draft) {
  if (!IsAggregate(draft.id().aggregate())) return BadDraft("aggregate");
  if (draft.kind() == ledger::v1::EVENT_KIND_UNSPECIFIED) {
    return BadDraft("no kind");
  }
  if (draft.once_key().size() > kMaxOnceKey) return BadDraft("once_key");
  for (const ledger::v1::EventId& id : draft.after()) {
    if (id.source().empty() || !IsAggregate(id.aggregate()) ||
        id.version() < 1) {
      return BadDraft("after");
    }
  }
  return absl::OkStatus();
}

// The bytes that are stored, sent and hashed, and never made again.
std::string SerializeDeterministically(const ledger::v1::Event& event) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  event.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

absl::StatusOr<ledger::v1::EventId> Outbox::Add(sql::Transaction& tx,
                                                ledger::v1::Event draft) const {
  RETURN_IF_ERROR(CheckDraft(draft));
  const std::string aggregate = draft.id().aggregate();
  ASSIGN_OR_RETURN(std::optional<AggregateHead> last, ReadHead(tx, aggregate));
  AggregateHead head = last.value_or(AggregateHead{});
  const int64_t last_version = head.version;
  head.version = last_version + 1;
  head.event_us = std::max(ToMicros(options_.clock.Now()), head.event_us + 1);
  // The head first: who loses it stops before anything is inserted.
  RETURN_IF_ERROR(last.has_value() ? MoveHead(tx, aggregate, last_version, head)
                                   : InsertHead(tx, aggregate, head));
  draft.set_format(kEventFormat);
  draft.mutable_id()->set_source(options_.source);
  draft.mutable_id()->set_version(head.version);
  *draft.mutable_time() = ToProto(FromMicros(head.event_us));
  EventRow row = {
      .aggregate = aggregate,
      .version = head.version,
      .event_us = head.event_us,
      .state = head.stopped ? EventState::kBlocked : EventState::kUnsent,
      .entry = SerializeDeterministically(draft)};
  if (row.entry.size() > kMaxEntryBytes) return BadDraft("too big");
  RETURN_IF_ERROR(InsertEvent(tx, row, head.kept));
  if (options_.own != nullptr) options_.own->Add(aggregate);
  return draft.id();
}

absl::StatusOr<std::string> Outbox::Bytes(sql::Snapshot& snapshot,
                                          const ledger::v1::EventId& id) const {
  ASSIGN_OR_RETURN(std::optional<EventRow> row,
                   ReadEvent(snapshot, id.aggregate(), id.version()));
  if (!row.has_value()) return MakeError(Reason::NOT_FOUND, "no such event");
  return std::move(row->entry);
}

absl::StatusOr<std::optional<ledger::v1::EventId>> Outbox::Latest(
    sql::Snapshot& snapshot, std::string_view aggregate) const {
  ASSIGN_OR_RETURN(const std::optional<AggregateHead> head,
                   ReadHead(snapshot, aggregate));
  if (!head.has_value() || head->version == 0) {
    return std::optional<ledger::v1::EventId>();
  }
  ledger::v1::EventId id;
  id.set_source(options_.source);
  id.set_aggregate(std::string(aggregate));
  id.set_version(head->version);
  return std::optional<ledger::v1::EventId>(std::move(id));
}

absl::Status Outbox::KeepUntilEnded(sql::Transaction& tx,
                                    std::string_view aggregate) const {
  const sql::Params key = {sql::Value::Int(RouteOf(aggregate)),
                           sql::Value::Text(std::string(aggregate))};
  ASSIGN_OR_RETURN(int64_t found,
                   tx.Execute("UPDATE outbox_aggregates SET kept = 1 "
                              "WHERE route = $1 AND aggregate = $2",
                              key));
  if (found == 0) return InsertHead(tx, aggregate, {.kept = true});
  return tx
      .Execute(
          "UPDATE outbox_events SET kept = 1 "
          "WHERE route = $1 AND aggregate = $2",
          key)
      .status();
}

absl::Status Outbox::Release(sql::Transaction& tx,
                             std::string_view aggregate) const {
  const sql::Params key = {sql::Value::Int(RouteOf(aggregate)),
                           sql::Value::Text(std::string(aggregate))};
  RETURN_IF_ERROR(tx.Execute("UPDATE outbox_aggregates SET kept = 0 "
                             "WHERE route = $1 AND aggregate = $2",
                             key)
                      .status());
  // Before the DELETE, so that a relay that acknowledges meanwhile either is
  // seen by it or deletes the row itself.
  RETURN_IF_ERROR(tx.Execute("UPDATE outbox_events SET kept = 0 "
                             "WHERE route = $1 AND aggregate = $2",
                             key)
                      .status());
  return tx
      .Execute(
          "DELETE FROM outbox_events "
          "WHERE route = $1 AND aggregate = $2 AND state = $3",
          {key[0], key[1],
           sql::Value::Int(static_cast<int64_t>(EventState::kAcked))})
      .status();
}

absl::Status Outbox::Resume(sql::Transaction& tx,
                            std::string_view aggregate) const {
  const sql::Value route = sql::Value::Int(RouteOf(aggregate));
  const sql::Value name = sql::Value::Text(std::string(aggregate));
  RETURN_IF_ERROR(
      tx.ExecuteOne("UPDATE outbox_aggregates SET stopped = 0 "
                    "WHERE route = $1 AND aggregate = $2 AND stopped = 1",
                    {route, name}, Reason::NOT_FOUND));
  return tx
      .Execute(
          "UPDATE outbox_events SET state = $1 "
          "WHERE route = $2 AND aggregate = $3 AND state = $4",
          {sql::Value::Int(static_cast<int64_t>(EventState::kUnsent)), route,
           name, sql::Value::Int(static_cast<int64_t>(EventState::kBlocked))})
      .status();
}

}  // namespace shiming::outbox
