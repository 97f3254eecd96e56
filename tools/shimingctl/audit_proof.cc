#include "tools/shimingctl/audit_proof.h"

#include <cstdio>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/index/entry_tokens.h"
#include "services/issuance_ledger/core/entry_query.h"
#include "tools/shimingctl/audit_lines.h"

namespace shiming::shimingctl {
namespace {

using ledger::v1::EntryFilter;
using ledger::v1::IndexField;
using ledger::v1::IndexQuestion;

IndexQuestion Question(IndexField field, std::string low, std::string high) {
  IndexQuestion question;
  question.set_field(field);
  question.set_low(std::move(low));
  question.set_high(std::move(high));
  return question;
}

// From the earliest to the latest token that a matching entry can have; the
// end itself is asked for, too, and not taken by MatchesFilter.
IndexQuestion TimeQuestion(const EntryFilter& filter) {
  return Question(ledger::v1::INDEX_FIELD_TIME,
                  filter.has_start_time()
                      ? ledger::TimeToken(FromProto(filter.start_time()))
                      : ledger::TimeToken(absl::UnixEpoch()),
                  filter.has_end_time()
                      ? ledger::TimeToken(FromProto(filter.end_time()))
                      : std::string(8, '\xff'));
}

issuance_ledger::EntryQuery QueryOf(const EntryFilter& filter) {
  issuance_ledger::EntryQuery query{
      .order = filter.order(),
      .session = filter.session(),
      .shop = filter.shop(),
      .terminal = filter.terminal(),
      .clerk = filter.clerk(),
      .person_id = filter.person_id(),
      .eid_pseudonym = filter.eid_pseudonym(),
      .iccid_pseudonym = filter.iccid_pseudonym(),
      .msisdn_pseudonym = filter.msisdn_pseudonym()};
  for (const int kind : filter.kinds()) {
    query.kinds.push_back(static_cast<ledger::v1::EventKind>(kind));
  }
  if (filter.has_start_time()) {
    query.start_time = FromProto(filter.start_time());
  }
  if (filter.has_end_time()) query.end_time = FromProto(filter.end_time());
  return query;
}

void TellWhatIsProven(const ledger::AnswerReport& report, uint64_t count) {
  const uint64_t size = report.checkpoint.size;
  fprintf(stderr, "%llu entries; %s at the checkpoint of %llu entries.\n",
          static_cast<unsigned long long>(count),
          report.redacted_count == 0 ? "proven: no other entry matches"
                                     : "NOT complete",
          static_cast<unsigned long long>(size));
  if (report.sealed_end == 0) {
    fprintf(stderr,
            "no period is sealed yet: all entries were looked through one by "
            "one\n");
    return;
  }
  fprintf(stderr,
          "entries 0 to %llu are proven by %llu seals, %llu behind them were "
          "looked through one by one\n",
          static_cast<unsigned long long>(report.sealed_end - 1),
          static_cast<unsigned long long>(report.seal_count),
          static_cast<unsigned long long>(size - report.sealed_end));
}

}  // namespace

absl::StatusOr<std::vector<IndexQuestion>> QuestionsOf(
    const EntryFilter& filter) {
  if (filter.has_id()) {
    return absl::InvalidArgumentError("one entry is proven by its receipt");
  }
  const bool is_between = filter.has_start_time() && filter.has_end_time();
  // From the field with the fewest entries a value to the one with the most.
  const std::pair<IndexField, const std::string*> narrow[] = {
      {ledger::v1::INDEX_FIELD_ORDER, &filter.order()},
      {ledger::v1::INDEX_FIELD_SESSION, &filter.session()},
      {ledger::v1::INDEX_FIELD_ICCID, &filter.iccid_pseudonym()},
      {ledger::v1::INDEX_FIELD_MSISDN, &filter.msisdn_pseudonym()},
      {ledger::v1::INDEX_FIELD_EID, &filter.eid_pseudonym()},
      {ledger::v1::INDEX_FIELD_PERSON, &filter.person_id()}};
  for (const auto& [field, token] : narrow) {
    if (!token->empty()) {
      return std::vector<IndexQuestion>{Question(field, *token, *token)};
    }
  }
  if (is_between) return std::vector<IndexQuestion>{TimeQuestion(filter)};
  const std::pair<IndexField, const std::string*> wide[] = {
      {ledger::v1::INDEX_FIELD_CLERK, &filter.clerk()},
      {ledger::v1::INDEX_FIELD_TERMINAL, &filter.terminal()},
      {ledger::v1::INDEX_FIELD_SHOP, &filter.shop()}};
  for (const auto& [field, token] : wide) {
    if (!token->empty()) {
      return std::vector<IndexQuestion>{Question(field, *token, *token)};
    }
  }
  std::vector<IndexQuestion> questions;
  for (const int kind :
       std::set<int>(filter.kinds().begin(), filter.kinds().end())) {
    const std::string token =
        ledger::KindToken(static_cast<ledger::v1::EventKind>(kind));
    questions.push_back(Question(ledger::v1::INDEX_FIELD_KIND, token, token));
  }
  if (!questions.empty()) return questions;
  if (filter.has_start_time() || filter.has_end_time()) {
    return std::vector<IndexQuestion>{TimeQuestion(filter)};
  }
  return absl::InvalidArgumentError(
      "--prove needs a filter; the whole log is proven by `ledger verify`");
}

bool MatchesFilter(const EntryFilter& filter, const ledger::v1::Event& event) {
  return issuance_ledger::Matches(QueryOf(filter), event);
}

absl::Status ProveQuery(ledger::AnswerSource& source,
                        const ledger::TrustPolicy& policy,
                        const AuditFilter& filter) {
  ASSIGN_OR_RETURN(const std::vector<IndexQuestion> questions,
                   QuestionsOf(filter.filter));
  const issuance_ledger::EntryQuery query = QueryOf(filter.filter);
  ledger::CompleteAnswer answer(source, policy);
  ASSIGN_OR_RETURN(const ledger::v1::Event opened, answer.Open());
  RETURN_IF_ERROR(CheckKey(filter, opened));
  uint64_t count = 0;
  const auto take = [&](ledger::FoundEntry found) -> absl::Status {
    if (!issuance_ledger::Matches(query, found.event)) return absl::OkStatus();
    ledger::v1::LedgerEntry entry;
    entry.set_index(static_cast<int64_t>(found.index));
    entry.set_entry(std::move(found.entry));
    ASSIGN_OR_RETURN(const std::string line,
                     LineOf(LineFormat::kNdjson, entry,
                            found.is_sealed ? "sealed" : "scan"));
    fputs(line.c_str(), stdout);
    ++count;
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const ledger::AnswerReport report,
                   answer.Ask(questions, take));
  TellWhatIsProven(report, count);
  if (report.redacted_count == 0) return absl::OkStatus();
  return MakeError(Reason::LEDGER_TOKEN_REDACTED,
                   absl::StrCat(report.redacted_count,
                                " index tokens in this range were redacted"));
}

}  // namespace shiming::shimingctl
