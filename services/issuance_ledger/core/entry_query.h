// What an auditor asks for: which entries match, and the terms that a search
// over the database's index narrows them down by. Pure, thread-safe.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ENTRY_QUERY_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ENTRY_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// Which entries; empty fields match all, the others are joined by AND.
struct EntryQuery {
  std::string order;
  std::string session;
  std::string shop;
  std::string terminal;
  std::string clerk;
  std::string person_id;
  std::string eid_pseudonym;  // 32 bytes, as the next two
  std::string iccid_pseudonym;
  std::string msisdn_pseudonym;
  std::vector<ledger::v1::EventKind> kinds;  // any of these
  std::optional<absl::Time> start_time;      // not before
  std::optional<absl::Time> end_time;        // before
};

// Whether the query finds this event. This decides; terms only narrow down.
bool Matches(const EntryQuery& query, const ledger::v1::Event& event);

// A token of a field as the index keeps it: the first 8 bytes of
// SHA-256(field in one byte || token), big-endian. Two tokens may share a term,
// so what is found by it is compared with Matches.
int64_t TermOf(ledger::v1::IndexField field, std::string_view token);

// The terms of an entry: of every token but that of its time.
std::vector<int64_t> TermsOf(const ledger::v1::Event& event);

// Terms that every match has.
std::vector<int64_t> RequiredTerms(const EntryQuery& query);
// Terms of which every match has one; empty when no kind is asked for.
std::vector<int64_t> KindTerms(const EntryQuery& query);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ENTRY_QUERY_H_
