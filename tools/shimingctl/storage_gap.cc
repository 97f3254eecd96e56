#include "tools/shimingctl/storage_gap.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "storage/outbox/own_entry_check.h"
#include "storage/sql/open_database.h"
#include "tools/shimingctl/audit_lines.h"
#include "tools/shimingctl/backup_places.h"
#include "tools/shimingctl/log_source.h"

namespace shiming::shimingctl {
namespace {

// Entries that are compared in one snapshot.
constexpr size_t kPage = 1000;

// An own entry, with the bytes to show.
struct Candidate {
  outbox::OwnEntry entry;
  std::string bytes;
};

// Compares entries with the database, in order, and prints the unknown ones.
class GapFinder {
 public:
  GapFinder(sql::Database& database, std::string source)
      : database_(database), source_(std::move(source)) {}

  absl::Status Visit(uint64_t index, const std::string& bytes) {
    ASSIGN_OR_RETURN(const ledger::v1::Event event, ledger::ParseEntry(bytes));
    if (event.id().source() != source_) return absl::OkStatus();
    candidates_.push_back({.entry = {.index = static_cast<int64_t>(index),
                                     .id = event.id(),
                                     .sha256 = crypto::Sha256(bytes)},
                           .bytes = bytes});
    return candidates_.size() < kPage ? absl::OkStatus() : Compare();
  }

  // What was visited and not yet compared.
  absl::Status Compare() {
    std::vector<const Candidate*> unknown;
    RETURN_IF_ERROR(
        database_.ReadBlocking([&](sql::Snapshot& snapshot) -> absl::Status {
          unknown.clear();
          for (const Candidate& candidate : candidates_) {
            const absl::Status known =
                outbox::CheckOwnEntry(snapshot, candidate.entry);
            if (HasReason(known, Reason::DATABASE_BEHIND_LEDGER)) {
              unknown.push_back(&candidate);
            } else if (!known.ok()) {
              return known;
            }
          }
          return absl::OkStatus();
        }));
    for (const Candidate* candidate : unknown) {
      ledger::v1::LedgerEntry entry;
      entry.set_index(candidate->entry.index);
      entry.set_entry(candidate->bytes);
      ASSIGN_OR_RETURN(const std::string line,
                       LineOf(LineFormat::kNdjson, entry));
      fputs(line.c_str(), stdout);
    }
    count_ += static_cast<int64_t>(unknown.size());
    candidates_.clear();
    return absl::OkStatus();
  }

  int64_t count() const { return count_; }

 private:
  sql::Database& database_;
  const std::string source_;
  std::vector<Candidate> candidates_;
  int64_t count_ = 0;
};

// The database of a service that writes events by an outbox.
absl::StatusOr<std::string> UrlOf(const BackupPlaces& places,
                                  const std::string& service) {
  for (const backup::BackupSource& source : places.sources) {
    const bool has_outbox =
        source.name != "issuance_ledger" && source.name != "identity_keys";
    if (has_outbox && source.name == service) return source.url;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      service,
      " is no service with events of its own that is configured here"));
}

}  // namespace

absl::Status RunStorageGap(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string service, arguments.Word(2, "service"));
  ASSIGN_OR_RETURN(const std::string data, arguments.Required("data"));
  ASSIGN_OR_RETURN(const BackupPlaces places, FindBackupPlaces(data));
  ASSIGN_OR_RETURN(const std::string url, UrlOf(places, service));
  if (!places.ledger.has_value()) {
    return absl::NotFoundError("issuance_ledger is not configured here");
  }
  const std::string log = arguments.Option("log", places.ledger->log_folder());
  const LogSourceTls tls{.ca_file = arguments.Option("ca"),
                         .certificate_file = arguments.Option("client-cert"),
                         .key_file = arguments.Option("client-key")};
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const ledger::TrustPolicy key,
                   LogKeyOf(*places.ledger, data));
  ASSIGN_OR_RETURN(const ledger::FileReader files, OpenLogSource(log, tls));
  ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(url, {}));
  GapFinder finder(*database, service);
  ASSIGN_OR_RETURN(
      const ledger::LogReport report,
      ledger::VerifyLog(files, key,
                        [&finder](uint64_t index, const std::string& entry) {
                          return finder.Visit(index, entry);
                        }));
  RETURN_IF_ERROR(finder.Compare());
  printf("%lld of %llu entries are unknown to %s\n",
         static_cast<long long>(finder.count()),
         static_cast<unsigned long long>(report.checkpoint.size),
         service.c_str());
  if (finder.count() == 0) return absl::OkStatus();
  return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                   "the database is older than the record");
}

}  // namespace shiming::shimingctl
