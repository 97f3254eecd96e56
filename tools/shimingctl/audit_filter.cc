#include "tools/shimingctl/audit_filter.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/ids/eid.h"
#include "common/ids/iccid.h"
#include "common/ids/msisdn.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/index/pseudonym.h"

namespace shiming::shimingctl {
namespace {

using ledger::v1::PseudonymField;

absl::Status ReadKey(Arguments& arguments, AuditFilter& filter) {
  const std::string key_file = arguments.Option("pseudonym-key");
  const std::string salt_file = arguments.Option("pseudonym-salt");
  if (key_file.empty()) {
    if (salt_file.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("--pseudonym-salt without its key");
  }
  ASSIGN_OR_RETURN(filter.pseudonym_key, ReadPseudonymKey(key_file, salt_file));
  return absl::OkStatus();
}

template <class Id>
absl::Status ReadPseudonym(Arguments& arguments, const char* option,
                           PseudonymField field, AuditFilter& filter,
                           std::string* out) {
  const std::string value = arguments.Option(option);
  if (value.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Id id, Id::Parse(value));
  if (!filter.pseudonym_key.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", option, " needs --pseudonym-key"));
  }
  filter.uses_pseudonyms = true;
  *out = ledger::PseudonymOf(filter.pseudonym_key->key, field, id.str());
  return absl::OkStatus();
}

absl::Status ReadKinds(Arguments& arguments, ledger::v1::EntryFilter& filter) {
  const std::string names = arguments.Option("kind");
  if (names.empty()) return absl::OkStatus();
  for (const absl::string_view name : absl::StrSplit(names, ',')) {
    ledger::v1::EventKind kind;
    if (!ledger::v1::EventKind_Parse(absl::StrCat("EVENT_KIND_", name),
                                     &kind) ||
        kind == ledger::v1::EVENT_KIND_UNSPECIFIED) {
      return absl::InvalidArgumentError(
          absl::StrCat("--kind: there is no kind ", name));
    }
    filter.add_kinds(kind);
  }
  return absl::OkStatus();
}

absl::Status ReadTime(
    Arguments& arguments, const char* option,
    google::protobuf::Timestamp* (ledger::v1::EntryFilter::*mutable_field)(),
    ledger::v1::EntryFilter& filter) {
  const std::string text = arguments.Option(option);
  if (text.empty()) return absl::OkStatus();
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", option, ": not RFC 3339 (", error, ")"));
  }
  *(filter.*mutable_field)() = ToProto(time);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AuditFilter> ReadAuditFilter(Arguments& arguments) {
  AuditFilter read;
  ledger::v1::EntryFilter& filter = read.filter;
  filter.set_order(arguments.Option("order"));
  filter.set_session(arguments.Option("session"));
  filter.set_shop(arguments.Option("shop"));
  filter.set_terminal(arguments.Option("terminal"));
  filter.set_clerk(arguments.Option("clerk"));
  filter.set_person_id(arguments.Option("person"));
  RETURN_IF_ERROR(ReadKinds(arguments, filter));
  RETURN_IF_ERROR(ReadTime(
      arguments, "from", &ledger::v1::EntryFilter::mutable_start_time, filter));
  RETURN_IF_ERROR(ReadTime(arguments, "to",
                           &ledger::v1::EntryFilter::mutable_end_time, filter));
  RETURN_IF_ERROR(ReadKey(arguments, read));
  RETURN_IF_ERROR(ReadPseudonym<Eid>(arguments, "eid",
                                     ledger::v1::PSEUDONYM_FIELD_EID, read,
                                     filter.mutable_eid_pseudonym()));
  RETURN_IF_ERROR(ReadPseudonym<Iccid>(arguments, "iccid",
                                       ledger::v1::PSEUDONYM_FIELD_ICCID, read,
                                       filter.mutable_iccid_pseudonym()));
  RETURN_IF_ERROR(ReadPseudonym<Msisdn>(
      arguments, "number", ledger::v1::PSEUDONYM_FIELD_MSISDN, read,
      filter.mutable_msisdn_pseudonym()));
  return read;
}

absl::Status CheckKey(const AuditFilter& filter,
                      const ledger::v1::Event& log_opened) {
  if (!filter.uses_pseudonyms) return absl::OkStatus();
  for (const ledger::v1::Commitment& commitment : log_opened.commitments()) {
    if (commitment.field() == ledger::v1::COMMITMENT_FIELD_PSEUDONYM_KEY) {
      return CheckPseudonymKey(*filter.pseudonym_key, commitment.sha256());
    }
  }
  return MakeError(Reason::LEDGER_PROOF_INVALID,
                   "the log's first entry does not commit to K");
}

}  // namespace shiming::shimingctl
