#include "tools/shimingctl/storage_service_repair.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/issuance_ledger/store/sql_ledger_store.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/record_gap.h"
#include "storage/sql/open_database.h"
#include "tools/shimingctl/backup_places.h"
#include "tools/shimingctl/log_source.h"
#include "tools/shimingctl/repair_approval.h"
#include "tools/shimingctl/repair_gap.h"
#include "tools/shimingctl/repair_plan.h"
#include "tools/shimingctl/repair_target.h"

namespace shiming::shimingctl {
namespace {

using storage::v1::RepairApproval;
using storage::v1::RepairPlan;

// Who acts in a dry run, which is rolled back.
constexpr char kNobody[] = "/admin/nobody";
// Of the digest in hexadecimal, as many as an id has.
constexpr size_t kIdDigits = 32;

// Each moment is later than the one before, so that events have the order in
// which they are made, whatever aggregates they are of.
class TickingClock final : public Clock {
 public:
  explicit TickingClock(absl::Time start) : start_(start) {}
  absl::Time Now() const override {
    return start_ + absl::Microseconds(++ticks_);
  }

 private:
  const absl::Time start_;
  mutable std::atomic<int64_t> ticks_{0};
};

std::string RepairAggregate(const std::string& digest) {
  return "repair/" + crypto::ToHex(digest).substr(0, kIdDigits);
}

ledger::v1::Event RepairedEvent(const RepairPlan& plan,
                                const std::string& digest,
                                const std::vector<std::string>& admins) {
  ledger::v1::Event event;
  event.mutable_id()->set_aggregate(RepairAggregate(digest));
  event.set_kind(ledger::v1::EVENT_KIND_DATABASE_REPAIRED);
  event.set_once_key("repair/" + crypto::ToHex(digest));
  event.set_admin(admins[1]);
  ledger::v1::RepairDetails& details = *event.mutable_repair();
  details.set_digest(digest);
  details.set_approved_by(admins[0]);
  details.set_log_size(plan.log_size());
  details.set_log_root(plan.log_root());
  details.set_entry_count(plan.gap_count());
  return event;
}

// One service, its log, and what is done with them.
class ServiceRepair {
 public:
  ServiceRepair(std::string service, std::unique_ptr<RepairTarget> target,
                GapReport report)
      : target_(std::move(target)),
        report_(std::move(report)),
        now_(absl::Now()),
        clock_(now_),
        outbox_({.source = std::move(service), .clock = clock_}) {}

  // The plan for the database as it stands; changes nothing.
  absl::StatusOr<RepairPlan> DryRun() {
    RepairPlan plan;
    bool is_made = false;
    const absl::Status rolled_back = target_->database().WriteBlocking(
        [&](sql::Transaction& tx) -> absl::Status {
          is_made = false;
          ASSIGN_OR_RETURN(plan, RepairIn(tx, kNobody));
          is_made = true;
          return absl::CancelledError("a dry run");
        });
    if (!is_made) return rolled_back;
    return plan;
  }

  // Does what the plan says, or nothing.
  absl::Status Apply(const StoredPlan& stored,
                     const std::vector<std::string>& admins) {
    ASSIGN_OR_RETURN(const RepairPlan plan, DryRun());
    RETURN_IF_ERROR(CheckSame(plan, stored));
    return target_->database().WriteBlocking(
        [&](sql::Transaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const RepairPlan done, RepairIn(tx, admins[1]));
          RETURN_IF_ERROR(CheckSame(done, stored));
          return outbox_.Add(tx, RepairedEvent(done, stored.Digest(), admins))
              .status();
        });
  }

 private:
  absl::StatusOr<RepairPlan> RepairIn(sql::Transaction& tx,
                                      const std::string& admin) const {
    RETURN_IF_ERROR(outbox::AdoptVersions(tx, report_.gap));
    const RepairRun run = {.outbox = outbox_, .now = now_, .admin = admin};
    ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                     target_->Repair(tx, report_, run));
    RepairPlan plan;
    plan.set_service(outbox_.source());
    plan.set_origin(report_.origin);
    plan.set_log_size(report_.size);
    plan.set_log_root(report_.root);
    plan.set_gap_count(static_cast<int64_t>(report_.gap.size()));
    plan.set_gap_sha256(GapDigestOf(report_.gap));
    for (const std::string& line : lines) plan.add_changes(line);
    return plan;
  }

  static absl::Status CheckSame(const RepairPlan& plan,
                                const StoredPlan& stored) {
    if (BytesOf(plan) == stored.bytes) return absl::OkStatus();
    return MakeError(Reason::REPAIR_PLAN_CHANGED,
                     "what would be done is not what was signed");
  }

  const std::unique_ptr<RepairTarget> target_;
  const GapReport report_;
  const absl::Time now_;
  const TickingClock clock_;
  const outbox::Outbox outbox_;
};

// Options that both forms take.
struct Request {
  std::string data;
  std::string log;
  LogSourceTls tls;
  bool accept_unlinked = false;
};

Request RequestFrom(Arguments& arguments, std::string data) {
  return {.data = std::move(data),
          .log = arguments.Option("log"),
          .tls = TlsFrom(arguments),
          .accept_unlinked = arguments.Option("accept-unlinked") == "true"};
}

// What the ledger has sequenced and not yet published is in no file: a repair
// that does not know it would give the same versions to other events.
absl::Status CheckNothingUnpublished(
    const config::v1::IssuanceLedgerConfig& config, const std::string& source,
    int64_t size) {
  ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(config.database().url(), {}));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<issuance_ledger::SqlLedgerStore> store,
      issuance_ledger::SqlLedgerStore::Open(*database, config.origin()));
  bool has_more = false;
  RETURN_IF_ERROR(store->ReadBlocking(
      [&](issuance_ledger::LedgerSnapshot& db) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<issuance_ledger::EntryPlace> places,
                         db.EntriesOf(source, db.base() + size - 1, 1));
        has_more = !places.empty();
        return absl::OkStatus();
      }));
  if (!has_more) return absl::OkStatus();
  return MakeError(Reason::REPAIR_PLAN_CHANGED,
                   "the ledger holds entries of this service behind the ones "
                   "that were read: let it publish them, then make the plan");
}

absl::StatusOr<GapReport> GapOf(const Request& request,
                                const std::string& service,
                                RepairTarget& target,
                                std::optional<int64_t> size) {
  ASSIGN_OR_RETURN(const BackupPlaces places, FindBackupPlaces(request.data));
  if (!places.ledger.has_value()) {
    return absl::NotFoundError("issuance_ledger is not configured here");
  }
  ASSIGN_OR_RETURN(const ledger::TrustPolicy log_key,
                   LogKeyOf(*places.ledger, request.data));
  const std::string log =
      request.log.empty() ? places.ledger->log_folder() : request.log;
  ASSIGN_OR_RETURN(const ledger::FileReader files,
                   OpenLogSource(log, request.tls));
  const GapRequest gap = {.database = target.database(),
                          .source = service,
                          .files = files,
                          .log_key = log_key,
                          .guard_file = places.ledger->guard_file(),
                          .size = size};
  ASSIGN_OR_RETURN(GapReport report, ReadGap(gap));
  RETURN_IF_ERROR(
      CheckNothingUnpublished(*places.ledger, service, report.size));
  RETURN_IF_ERROR(target.CheckKeys(report));
  return report;
}

absl::Status MakePlan(const Request& request, const std::string& service,
                      const std::string& file) {
  ASSIGN_OR_RETURN(std::unique_ptr<RepairTarget> target,
                   RepairTarget::Open(
                       service, {.data = request.data,
                                 .accept_unlinked = request.accept_unlinked}));
  ASSIGN_OR_RETURN(GapReport report,
                   GapOf(request, service, *target, std::nullopt));
  if (report.gap.empty()) {
    printf("%s lacks none of the %lld entries: nothing to repair\n",
           service.c_str(), static_cast<long long>(report.size));
    return absl::OkStatus();
  }
  ServiceRepair repair(service, std::move(target), std::move(report));
  StoredPlan stored;
  ASSIGN_OR_RETURN(stored.plan, repair.DryRun());
  stored.bytes = BytesOf(stored.plan);
  RETURN_IF_ERROR(ReplaceFile(file, stored.bytes, FileAccess::kEveryone));
  PrintPlan(stored);
  printf("two admins: shimingctl storage approve %s --data %s --as ADMIN\n",
         file.c_str(), request.data.c_str());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> AdminsOf(
    const StoredPlan& stored, const std::vector<std::string>& files,
    const config::v1::Process& process) {
  std::vector<RepairApproval> approvals;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(RepairApproval approval, ReadApproval(file));
    approvals.push_back(std::move(approval));
  }
  ASSIGN_OR_RETURN(const std::string anchors,
                   ReadFile(process.tls().ca_file()));
  return CheckApprovals(stored.Digest(), approvals,
                        {.anchors = anchors,
                         .trust_domain = process.trust_domain(),
                         .now = absl::Now()});
}

// The repair that is in the database already, by its event.
absl::StatusOr<bool> IsDone(RepairTarget& target, const std::string& service,
                            const std::string& digest) {
  const SystemClock clock{};
  const outbox::Outbox outbox({.source = service, .clock = clock});
  bool is_done = false;
  RETURN_IF_ERROR(target.database().ReadBlocking(
      [&](sql::Snapshot& snapshot) -> absl::Status {
        ASSIGN_OR_RETURN(const std::optional<ledger::v1::EventId> event,
                         outbox.Latest(snapshot, RepairAggregate(digest)));
        is_done = event.has_value();
        return absl::OkStatus();
      }));
  return is_done;
}

absl::Status ApplyPlan(const Request& request, const std::string& service,
                       const std::string& file,
                       const std::vector<std::string>& approval_files) {
  ASSIGN_OR_RETURN(const StoredPlan stored, ReadPlan(file));
  if (stored.plan.service() != service) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, " is a plan for ", stored.plan.service()));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<RepairTarget> target,
                   RepairTarget::Open(
                       service, {.data = request.data,
                                 .accept_unlinked = request.accept_unlinked}));
  ASSIGN_OR_RETURN(const std::vector<std::string> admins,
                   AdminsOf(stored, approval_files, target->process()));
  ASSIGN_OR_RETURN(const bool is_done,
                   IsDone(*target, service, stored.Digest()));
  if (!is_done) {
    ASSIGN_OR_RETURN(GapReport report,
                     GapOf(request, service, *target, stored.plan.log_size()));
    ServiceRepair repair(service, std::move(target), std::move(report));
    RETURN_IF_ERROR(repair.Apply(stored, admins));
  }
  printf("%s is repaired up to entry %lld, as %s and %s have signed%s\n",
         service.c_str(), static_cast<long long>(stored.plan.log_size()),
         admins[0].c_str(), admins[1].c_str(),
         is_done ? " (it was already)" : "");
  return absl::OkStatus();
}

}  // namespace

absl::Status RunServiceRepair(Arguments& arguments,
                              const std::string& service) {
  ASSIGN_OR_RETURN(std::string data, arguments.Required("data"));
  const std::string plan = arguments.Option("plan");
  const std::string apply = arguments.Option("apply");
  const std::string approvals = arguments.Option("approvals");
  const Request request = RequestFrom(arguments, std::move(data));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (plan.empty() == apply.empty()) {
    return absl::InvalidArgumentError(
        "either --plan FILE, or --apply FILE --approvals FILE,FILE");
  }
  if (!plan.empty()) return MakePlan(request, service, plan);
  const std::vector<std::string> files =
      absl::StrSplit(approvals, ',', absl::SkipEmpty());
  return ApplyPlan(request, service, apply, files);
}

}  // namespace shiming::shimingctl
