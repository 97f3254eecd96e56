#include "services/issuance_ledger/core/entry_query.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/time/proto_time.h"
#include "ledger/index/entry_tokens.h"
#include "ledger/text.h"

namespace shiming::issuance_ledger {
namespace {

using ledger::v1::IndexField;

// The fields that are asked for by one value each.
std::vector<std::pair<IndexField, const std::string*>> ValuesOf(
    const EntryQuery& query) {
  return {{ledger::v1::INDEX_FIELD_ORDER, &query.order},
          {ledger::v1::INDEX_FIELD_SESSION, &query.session},
          {ledger::v1::INDEX_FIELD_EID, &query.eid_pseudonym},
          {ledger::v1::INDEX_FIELD_ICCID, &query.iccid_pseudonym},
          {ledger::v1::INDEX_FIELD_MSISDN, &query.msisdn_pseudonym},
          {ledger::v1::INDEX_FIELD_PERSON, &query.person_id},
          {ledger::v1::INDEX_FIELD_CLERK, &query.clerk},
          {ledger::v1::INDEX_FIELD_TERMINAL, &query.terminal},
          {ledger::v1::INDEX_FIELD_SHOP, &query.shop}};
}

}  // namespace

bool Matches(const EntryQuery& query, const ledger::v1::Event& event) {
  const absl::Time time = FromProto(event.time());
  if ((query.start_time.has_value() && time < *query.start_time) ||
      (query.end_time.has_value() && time >= *query.end_time)) {
    return false;
  }
  if (!query.kinds.empty() && std::find(query.kinds.begin(), query.kinds.end(),
                                        event.kind()) == query.kinds.end()) {
    return false;
  }
  const std::vector<ledger::EntryToken> tokens = ledger::TokensOf(event);
  for (const auto& [field, value] : ValuesOf(query)) {
    if (!value->empty() &&
        std::find(tokens.begin(), tokens.end(),
                  ledger::EntryToken{field, *value}) == tokens.end()) {
      return false;
    }
  }
  return true;
}

int64_t TermOf(IndexField field, std::string_view token) {
  std::string data(1, static_cast<char>(field));
  data.append(token);
  return static_cast<int64_t>(ledger::ReadUint64(crypto::Sha256(data)));
}

std::vector<int64_t> TermsOf(const ledger::v1::Event& event) {
  std::vector<int64_t> terms;
  for (const ledger::EntryToken& token : ledger::TokensOf(event)) {
    if (token.field == ledger::v1::INDEX_FIELD_TIME) continue;
    terms.push_back(TermOf(token.field, token.bytes));
  }
  // Two tokens with one term are one row.
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

std::vector<int64_t> RequiredTerms(const EntryQuery& query) {
  std::vector<int64_t> terms;
  for (const auto& [field, value] : ValuesOf(query)) {
    if (!value->empty()) terms.push_back(TermOf(field, *value));
  }
  return terms;
}

std::vector<int64_t> KindTerms(const EntryQuery& query) {
  std::vector<int64_t> terms;
  for (const ledger::v1::EventKind kind : query.kinds) {
    terms.push_back(
        TermOf(ledger::v1::INDEX_FIELD_KIND, ledger::KindToken(kind)));
  }
  return terms;
}

}  // namespace shiming::issuance_ledger
