#include "tools/shimingctl/verify.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/audit_reader.h"
#include "ledger/entry.h"
#include "ledger/entry_order.h"
#include "ledger/policy.h"
#include "tools/shimingctl/trust.h"

namespace shiming::shimingctl {
namespace {

using nlohmann::json;

// For the end of an answer: whose word it is.
std::string SignedBy(const ledger::TrustPolicy& policy) {
  return policy.has_quorum() ? ", cosigned by the policy's quorum" : "";
}

// What a receipt file holds.
struct ReceiptFile {
  std::string entry;
  std::string tlog_proof;
  std::vector<ledger::v1::CommitmentOpening> openings;
};

absl::StatusOr<std::string> BytesMember(const json& object, const char* name) {
  if (!object.contains(name) || !object[name].is_string()) {
    return absl::InvalidArgumentError(absl::StrCat("receipt: no ", name));
  }
  return crypto::FromBase64(object[name].get<std::string>());
}

absl::StatusOr<ReceiptFile> ParseReceipt(const std::string& text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("tlog_proof") ||
      !object["tlog_proof"].is_string() || !object.contains("openings") ||
      !object["openings"].is_array()) {
    return absl::InvalidArgumentError("this is not a receipt");
  }
  ReceiptFile receipt;
  ASSIGN_OR_RETURN(receipt.entry, BytesMember(object, "entry"));
  receipt.tlog_proof = object["tlog_proof"].get<std::string>();
  for (const json& item : object["openings"]) {
    if (!item.is_object() || !item.contains("field") ||
        !item["field"].is_number_integer()) {
      return absl::InvalidArgumentError("receipt: malformed opening");
    }
    ledger::v1::CommitmentOpening& opening = receipt.openings.emplace_back();
    opening.set_field(
        static_cast<ledger::v1::CommitmentField>(item["field"].get<int>()));
    ASSIGN_OR_RETURN(*opening.mutable_salt(), BytesMember(item, "salt"));
    ASSIGN_OR_RETURN(*opening.mutable_value(), BytesMember(item, "value"));
  }
  return receipt;
}

struct VerifiedLog {
  ledger::LogReport report;
  std::string order;  // what is to be said about the order of its events
};

// Also files of a log that is not ours: the order rules hold for our entries
// only.
absl::StatusOr<VerifiedLog> VerifyOneLog(const ledger::FileReader& files,
                                         const ledger::TrustPolicy& policy,
                                         ledger::EntryOrderChecker& order) {
  VerifiedLog verified;
  bool is_ours = true;
  ASSIGN_OR_RETURN(
      verified.report,
      ledger::VerifyLog(
          files, policy, [&](uint64_t index, const std::string& entry) {
            if (index == 0) is_ours = ledger::ParseEntry(entry).ok();
            return is_ours ? order.Visit(index, entry) : absl::OkStatus();
          }));
  verified.order =
      is_ours ? "checked" : "not checked (entries of another kind)";
  if (is_ours && !order.unseen_origin().empty()) {
    absl::StrAppend(&verified.order, " but for what began in ",
                    order.unseen_origin(), " (give it with --earlier)");
  }
  if (is_ours && order.is_frozen()) verified.order += ", frozen";
  return verified;
}

void PrintVerified(const ledger::LogReport& report,
                   const std::string& further) {
  printf(
      "OK %s: %llu entries, root %s, %llu tiles and %llu bundles checked, "
      "order of events %s\n",
      report.checkpoint.origin.c_str(),
      static_cast<unsigned long long>(report.checkpoint.size),
      crypto::Base64(report.checkpoint.root).c_str(),
      static_cast<unsigned long long>(report.tile_count),
      static_cast<unsigned long long>(report.bundle_count), further.c_str());
}

}  // namespace

absl::Status RunLedgerVerify(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "verify").status());
  ASSIGN_OR_RETURN(const std::string log, arguments.Required("log"));
  std::vector<std::string> logs =
      absl::StrSplit(arguments.Option("earlier"), ',', absl::SkipEmpty());
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyFrom(arguments));
  const std::string extends = arguments.Option("extends");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  logs.push_back(log);
  ledger::EntryOrderChecker order;
  for (size_t i = 0; i < logs.size(); ++i) {
    const ledger::FileReader files = ledger::FilesBelow(logs[i]);
    const bool is_last = i + 1 == logs.size();
    ASSIGN_OR_RETURN(const VerifiedLog verified,
                     VerifyOneLog(files, policy, order));
    const ledger::Checkpoint& checkpoint = verified.report.checkpoint;
    if (!is_last) {
      RETURN_IF_ERROR(order.BeginNextLog(checkpoint));
    }
    std::string further = verified.order;
    if (is_last && !extends.empty()) {
      ASSIGN_OR_RETURN(const std::string older, ReadFile(extends));
      RETURN_IF_ERROR(ledger::VerifyExtends(files, policy, checkpoint, older));
      further += ", extends the given checkpoint";
    }
    PrintVerified(verified.report, further + SignedBy(policy));
  }
  return absl::OkStatus();
}

absl::Status RunReceiptVerify(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string path, arguments.Word(2, "receipt file"));
  ASSIGN_OR_RETURN(const ledger::TrustPolicy policy, PolicyFrom(arguments));
  const std::string proof_out = arguments.Option("proof-out");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ASSIGN_OR_RETURN(const ReceiptFile receipt, ParseReceipt(text));
  ASSIGN_OR_RETURN(const ledger::ReceiptReport report,
                   ledger::VerifyReceipt(receipt.entry, receipt.tlog_proof,
                                         receipt.openings, policy));
  printf("OK %s entry %llu of %llu: %s of order %s%s\n",
         report.checkpoint.origin.c_str(),
         static_cast<unsigned long long>(report.index),
         static_cast<unsigned long long>(report.checkpoint.size),
         ledger::v1::EventKind_Name(report.event.kind()).c_str(),
         report.event.order().c_str(), SignedBy(policy).c_str());
  if (proof_out.empty()) return absl::OkStatus();
  return ReplaceFile(proof_out, receipt.tlog_proof, FileAccess::kEveryone);
}

}  // namespace shiming::shimingctl
