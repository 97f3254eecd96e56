#include "tools/shimingctl/audit_query.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/note.h"
#include "tools/shimingctl/audit_lines.h"
#include "tools/shimingctl/audit_proof.h"
#include "tools/shimingctl/connection.h"
#include "tools/shimingctl/ledger_answers.h"
#include "tools/shimingctl/trust.h"

namespace shiming::shimingctl {
namespace {

using Stub = ledger::v1::LedgerAuditService::Stub;

constexpr int kPage = 200;

// Size that a checkpoint names; "no checkpoint" where there is none. Signatures
// are not checked here: `ledger verify` and `receipt verify` do that.
std::string SizeOf(const std::string& note) {
  const absl::StatusOr<ledger::Note> parsed = ledger::ParseNote(note);
  if (!parsed.ok()) return "no checkpoint";
  const auto checkpoint = ledger::ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return "no checkpoint";
  return absl::StrCat("checkpoint of ", checkpoint->size, " entries");
}

// The same without a page at a time: all of it, proven.
absl::Status RunProvenQuery(Arguments& arguments,
                            const config::v1::CtlConfig& config,
                            const std::string& auditor,
                            const AuditFilter& filter) {
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyFrom(arguments));
  ASSIGN_OR_RETURN(const LineFormat format,
                   ParseLineFormat(arguments.Option("format", "ndjson")));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (format != LineFormat::kNdjson) {
    return absl::InvalidArgumentError("--prove needs --format ndjson");
  }
  ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::Channel> channel,
      ConnectAs(config, "auditor", auditor, config.issuance_ledger()));
  const std::unique_ptr<Stub> stub =
      ledger::v1::LedgerAuditService::NewStub(channel);
  LedgerAnswers answers(*stub);
  return ProveQuery(answers, policy, filter);
}

absl::StatusOr<int> ReadLimit(Arguments& arguments) {
  const std::string text = arguments.Option("limit", "50");
  int limit = 0;
  if (!absl::SimpleAtoi(text, &limit) || limit < 0) {
    return absl::InvalidArgumentError("--limit is no number; 0 means all");
  }
  return limit;
}

}  // namespace

void TellRedacted(int64_t entry_count) {
  if (entry_count == 0) return;
  fprintf(stderr,
          "%lld entries of erased persons cannot be found by EID, ICCID or "
          "number: whether they match cannot be told any more\n",
          static_cast<long long>(entry_count));
}

absl::Status CheckKeyOfLog(Stub& stub, const AuditFilter& filter) {
  if (!filter.uses_pseudonyms) return absl::OkStatus();
  if (filter.pseudonym_key->salt.empty()) {
    fprintf(stderr,
            "the pseudonym key was not checked against the log: no salt\n");
    return absl::OkStatus();
  }
  ledger::v1::QueryEntriesRequest request;
  request.mutable_filter()->add_kinds(ledger::v1::EVENT_KIND_LOG_OPENED);
  request.set_page_size(1);
  ASSIGN_OR_RETURN(const auto page,
                   CallBlocking<ledger::v1::QueryEntriesResponse>(
                       stub, &Stub::QueryEntries, request));
  if (page.entries_size() != 1 || page.entries(0).index() != 0) {
    return MakeError(Reason::LEDGER_PROOF_INVALID,
                     "the log's first entry is not its LOG_OPENED");
  }
  ASSIGN_OR_RETURN(const ledger::v1::Event opened,
                   ledger::ParseEntry(page.entries(0).entry()));
  return CheckKey(filter, opened);
}

absl::Status RunAuditQuery(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "query").status());
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  ASSIGN_OR_RETURN(const std::string auditor, arguments.Required("as"));
  ASSIGN_OR_RETURN(const AuditFilter filter, ReadAuditFilter(arguments));
  if (arguments.Option("prove", "false") == "true") {
    return RunProvenQuery(arguments, config, auditor, filter);
  }
  ASSIGN_OR_RETURN(const int limit, ReadLimit(arguments));
  ASSIGN_OR_RETURN(const LineFormat format,
                   ParseLineFormat(arguments.Option("format", "ndjson")));
  const bool with_receipts = arguments.Option("receipts", "false") == "true";
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (with_receipts && format == LineFormat::kCsv) {
    return absl::InvalidArgumentError("--receipts needs --format ndjson");
  }
  ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::Channel> channel,
      ConnectAs(config, "auditor", auditor, config.issuance_ledger()));
  const std::unique_ptr<Stub> stub =
      ledger::v1::LedgerAuditService::NewStub(channel);
  RETURN_IF_ERROR(CheckKeyOfLog(*stub, filter));

  fputs(HeadingOf(format).c_str(), stdout);
  ledger::v1::QueryEntriesRequest request;
  *request.mutable_filter() = filter.filter;
  request.set_with_receipts(with_receipts);
  int count = 0;
  std::string checkpoint;
  bool is_complete = false;
  int64_t redacted = 0;
  while (!is_complete && (limit == 0 || count < limit)) {
    request.set_page_size(limit == 0 ? kPage : std::min(kPage, limit - count));
    ASSIGN_OR_RETURN(const auto page,
                     CallBlocking<ledger::v1::QueryEntriesResponse>(
                         *stub, &Stub::QueryEntries, request));
    for (const ledger::v1::LedgerEntry& entry : page.entries()) {
      ASSIGN_OR_RETURN(const std::string line, LineOf(format, entry));
      fputs(line.c_str(), stdout);
      ++count;
    }
    checkpoint = page.checkpoint();
    redacted = page.redacted_entry_count();
    request.set_page_token(page.next_page_token());
    is_complete = page.next_page_token().empty();
  }
  fprintf(stderr, "%d entries, %s; %s\n", count,
          is_complete ? "all" : "there may be more (--limit)",
          SizeOf(checkpoint).c_str());
  TellRedacted(redacted);
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
