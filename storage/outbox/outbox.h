// Events that commit together with the change they tell of.
#ifndef SHIMING_STORAGE_OUTBOX_OUTBOX_H_
#define SHIMING_STORAGE_OUTBOX_OUTBOX_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/outbox/own_aggregates.h"
#include "storage/sql/database.h"
#include "storage/sql/migration.h"

namespace shiming::outbox {

// Owns the tables outbox_*. Every aggregate numbers its own events from 1
// without gaps; the finished bytes are stored once and sent by the Relay until
// the ledger has acknowledged them. Several processes may write to the same
// tables. Immutable; thread-safe.
class Outbox {
 public:
  struct Options {
    // As in the service's certificate: "profile_order".
    std::string source;
    // Must outlive this.
    const Clock& clock;
    // The same as the Relay's where several processes write to one outbox; else
    // null. Must outlive this.
    OwnAggregates* own = nullptr;
  };

  // Name of the schema for sql::Migrate.
  static constexpr std::string_view kSchema = "outbox";
  static std::span<const sql::Migration> Migrations();

  explicit Outbox(Options options) : options_(std::move(options)) {}

  // Adds an event to the transaction of its change. The draft has kind,
  // id.aggregate ("order/<id>"), its fields, and where wanted `after` and
  // once_key; format, source, version and time are filled here: version is
  // the aggregate's last + 1, time the present one but at least a microsecond
  // after the aggregate's last event. Poke the relay after the commit.
  //
  // INTERNAL_ERROR for a draft that the ledger would refuse (a bug of ours).
  // Runs the transaction again when another one adds to the aggregate.
  absl::StatusOr<ledger::v1::EventId> Add(sql::Transaction& tx,
                                          ledger::v1::Event draft) const;

  // The stored bytes of an event, exactly as sent. NOT_FOUND when there was
  // none, or it was acknowledged and is not kept.
  absl::StatusOr<std::string> Bytes(sql::Snapshot& snapshot,
                                    const ledger::v1::EventId& id) const;

  // The aggregate's last event; nullopt when it has none.
  absl::StatusOr<std::optional<ledger::v1::EventId>> Latest(
      sql::Snapshot& snapshot, std::string_view aggregate) const;

  // From now on keeps the bytes of all events of this aggregate that are
  // still here or come later, until Release: for who must be able to send
  // them again after they were acknowledged.
  absl::Status KeepUntilEnded(sql::Transaction& tx,
                              std::string_view aggregate) const;

  // Ends KeepUntilEnded: what was acknowledged is deleted, the rest when it is.
  absl::Status Release(sql::Transaction& tx, std::string_view aggregate) const;

  // Lets an aggregate whose event was rejected be sent again, once the cause
  // is mended. For repair by operations.
  absl::Status Resume(sql::Transaction& tx, std::string_view aggregate) const;

  const std::string& source() const { return options_.source; }

 private:
  const Options options_;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_OUTBOX_H_
