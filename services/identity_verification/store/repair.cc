#include "services/identity_verification/store/repair.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "common/time/proto_time.h"
#include "services/identity_verification/store/erasure_rows.h"
#include "services/identity_verification/store/migrations.h"
#include "shiming/identity/v1/erasure_resources.pb.h"

namespace shiming::identity_verification {
namespace {

using ledger::v1::Event;
using sql::Value;
namespace v1 = identity::v1;

constexpr std::string_view kNoncePrefix = "nonce/";
// As erasure_rows.cc names it.
constexpr char kTaskHead[] = "erasure";
// A repair's task numbers begin at a multiple of this: no copy has ever given
// so many.
constexpr int kTaskBits = 32;
// Stands where the lost record was; opened by nobody.
constexpr char kNoRecord = '\0';

class Repairer {
 public:
  Repairer(sql::Transaction& tx, const RepairContext& context)
      : tx_(tx), context_(context) {}

  absl::StatusOr<std::vector<std::string>> Run(const outbox::RecordGap& gap) {
    RETURN_IF_ERROR(Sort(gap));
    RETURN_IF_ERROR(LeapTaskNumbers());
    // Who was erased first: the document may belong to another person since.
    for (const Event& event : erased_) {
      RETURN_IF_ERROR(Erase(event));
    }
    for (const Event& event : verified_) {
      RETURN_IF_ERROR(Link(event));
    }
    RETURN_IF_ERROR(CheckLinked());
    return std::move(lines_);
  }

 private:
  template <class... Parts>
  void Line(const Parts&... parts) {
    lines_.push_back(absl::StrCat(parts...));
  }

  absl::Status Sort(const outbox::RecordGap& gap) {
    for (const outbox::GapEntry& entry : gap) {
      const Event& event = entry.event;
      switch (event.kind()) {
        case ledger::v1::EVENT_KIND_IDENTITY_VERIFIED:
          RETURN_IF_ERROR(UseUp(event));
          verified_.push_back(event);
          break;
        case ledger::v1::EVENT_KIND_IDENTITY_REFUSED:
          RETURN_IF_ERROR(UseUp(event));
          break;
        case ledger::v1::EVENT_KIND_PERSON_ERASED:
          erased_.push_back(event);
          erased_ids_.insert(event.person_id());
          break;
        case ledger::v1::EVENT_KIND_DATABASE_REPAIRED:
          break;
        default:
          return MakeError(
              Reason::INTERNAL_ERROR,
              absl::StrCat("an event of kind ", static_cast<int>(event.kind()),
                           " cannot be repaired"));
      }
    }
    Line(readings_, " readings of cards are used up");
    return absl::OkStatus();
  }

  // One verification per reading, also of the gap.
  absl::Status UseUp(const Event& event) {
    const std::string_view key = event.once_key();
    if (!key.starts_with(kNoncePrefix)) {
      return MakeError(Reason::INTERNAL_ERROR, "a reading is not named");
    }
    ASSIGN_OR_RETURN(const std::string nonce,
                     crypto::FromHex(key.substr(kNoncePrefix.size())));
    ++readings_;
    return tx_
        .InsertIgnore(
            "INSERT INTO used_nonces (nonce_route, nonce_sha256, "
            "verification_id) VALUES ($1, $2, $3)",
            {Value::Int(RouteOfHash(nonce)), Value::Bytes(nonce),
             Value::Text(event.verification())})
        .status();
  }

  // profile_order holds a cursor that this copy may never have given: what is
  // approved here gets a number behind it.
  absl::Status LeapTaskNumbers() {
    const int64_t last = (context_.earlier_repairs + 1) << kTaskBits;
    RETURN_IF_ERROR(
        tx_.InsertIgnore(
               "INSERT INTO erasure_tasks (name, last_number) VALUES ($1, $2)",
               {Value::Text(kTaskHead), Value::Int(last)})
            .status());
    RETURN_IF_ERROR(tx_.Execute("UPDATE erasure_tasks SET last_number = $1 "
                                "WHERE name = $2 AND last_number < $1",
                                {Value::Int(last), Value::Text(kTaskHead)})
                        .status());
    Line("erasure tasks go on from ", last);
    ASSIGN_OR_RETURN(const std::vector<ErasureRecord> tasks,
                     SelectTasks(tx_, 0, std::numeric_limits<int32_t>::max()));
    for (const ErasureRecord& task : tasks) {
      const std::string& person_id = task.content.person_id();
      if (task.state != v1::ERASURE_STATE_APPROVED ||
          erased_ids_.contains(person_id)) {
        continue;
      }
      ASSIGN_OR_RETURN(std::optional<StoredErasure> erasure,
                       SelectErasure(tx_, person_id));
      if (!erasure.has_value()) {
        return MakeError(Reason::INTERNAL_ERROR, "an erasure is missing");
      }
      ASSIGN_OR_RETURN(erasure->record.task_number, NextTaskNumber(tx_));
      RETURN_IF_ERROR(StoreErasure(tx_, *erasure));
      Line("erasure of person ", person_id, " is a task again");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> IsKnown(const std::string& person_id) {
    ASSIGN_OR_RETURN(const std::optional<int64_t> verified,
                     LastVerifiedOf(tx_, person_id));
    return verified.has_value();
  }

  absl::Status Erase(const Event& event) {
    const std::string& person_id = event.person_id();
    ASSIGN_OR_RETURN(const bool is_known, IsKnown(person_id));
    if (is_known) {
      RETURN_IF_ERROR(RemovePerson(tx_, person_id));
    }
    ASSIGN_OR_RETURN(std::optional<StoredErasure> stored,
                     SelectErasure(tx_, person_id));
    StoredErasure erasure = stored.value_or(StoredErasure{});
    ErasureRecord& record = erasure.record;
    const ledger::v1::ErasureDetails& details = event.erasure();
    const absl::Time time = FromProto(event.time());
    record.content.set_person_id(person_id);
    record.content.set_basis(static_cast<v1::ErasureBasis>(details.basis()));
    record.state = v1::ERASURE_STATE_ERASED;
    record.digest = details.digest();
    record.proposed_by = details.proposed_by();
    record.approved_by = event.admin();
    record.approve_time = record.approve_time.value_or(time);
    record.refused_reason.clear();
    record.retain_until.reset();
    record.last_events.clear();
    record.erase_time = time;
    record.last_backup_day = details.last_backup_day();
    ASSIGN_OR_RETURN(record.task_number, NextTaskNumber(tx_));
    RETURN_IF_ERROR(StoreErasure(tx_, erasure));
    Line("person ", person_id, is_known ? " is erased again" : " stays erased");
    return absl::OkStatus();
  }

  absl::Status Link(const Event& event) {
    const std::string& person_id = event.person_id();
    if (erased_ids_.contains(person_id)) return absl::OkStatus();
    const int64_t time_us = ToMicros(FromProto(event.time()));
    ASSIGN_OR_RETURN(const bool is_known, IsKnown(person_id));
    if (is_known) return MoveVerifiedTime(person_id, time_us);
    const std::string& alias = event.identity().person_alias();
    if (alias.empty()) {
      unlinked_.insert(person_id);
      return absl::OkStatus();
    }
    unlinked_.erase(person_id);
    ASSIGN_OR_RETURN(
        const int64_t added,
        tx_.InsertIgnore(
            "INSERT INTO person_aliases (alias_route, alias, person_id) "
            "VALUES ($1, $2, $3)",
            {Value::Int(RouteOfHash(alias)), Value::Bytes(alias),
             Value::Text(person_id)}));
    if (added != 1) {
      return MakeError(Reason::INTERNAL_ERROR,
                       "a document leads to two persons");
    }
    RETURN_IF_ERROR(tx_.ExecuteOne(
        "INSERT INTO persons (route, person_id, sealed_record, create_us, "
        "update_us, lost_us) VALUES ($1, $2, $3, $4, $5, $6)",
        {Value::Int(RouteOfId(person_id)), Value::Text(person_id),
         Value::Bytes(std::string(1, kNoRecord)), Value::Int(time_us),
         Value::Int(time_us), Value::Int(context_.now_us)}));
    Line("person ", person_id,
         " is known again; data at the next visit of the same document");
    return absl::OkStatus();
  }

  // An attestation of the gap can still be used: no erasure before.
  absl::Status MoveVerifiedTime(const std::string& person_id,
                                int64_t time_us) const {
    return tx_
        .Execute(
            "UPDATE persons SET update_us = $1 "
            "WHERE route = $2 AND person_id = $3 AND update_us < $1",
            {Value::Int(time_us), Value::Int(RouteOfId(person_id)),
             Value::Text(person_id)})
        .status();
  }

  absl::Status CheckLinked() {
    for (const std::string& person_id : unlinked_) {
      Line("person ", person_id,
           " cannot be linked: the document comes again as a new person");
    }
    if (unlinked_.empty() || context_.accept_unlinked) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        unlinked_.size(),
        " persons were verified by entries that do not say by what their "
        "documents are found again, such as ",
        *unlinked_.begin(),
        "; they would come again as new persons, past their limits: "
        "--accept-unlinked true, if both admins want that"));
  }

  sql::Transaction& tx_;
  const RepairContext& context_;
  std::vector<Event> verified_;  // in order of index
  std::vector<Event> erased_;
  std::set<std::string> erased_ids_;
  std::set<std::string> unlinked_;
  int64_t readings_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RepairDatabase(
    sql::Transaction& tx, const outbox::RecordGap& gap,
    const RepairContext& context) {
  return Repairer(tx, context).Run(gap);
}

}  // namespace shiming::identity_verification
