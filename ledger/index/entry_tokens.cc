#include "ledger/index/entry_tokens.h"

#include <algorithm>
#include <utility>

#include "common/time/proto_time.h"

namespace shiming::ledger {
namespace {

std::string BigEndian(uint64_t value, int bytes) {
  std::string out(bytes, '\0');
  for (int i = bytes - 1; i >= 0; --i) {
    out[i] = static_cast<char>(value & 0xFF);
    value >>= 8;
  }
  return out;
}

v1::IndexField FieldOf(v1::PseudonymField field) {
  switch (field) {
    case v1::PSEUDONYM_FIELD_EID:
      return v1::INDEX_FIELD_EID;
    case v1::PSEUDONYM_FIELD_ICCID:
      return v1::INDEX_FIELD_ICCID;
    case v1::PSEUDONYM_FIELD_MSISDN:
      return v1::INDEX_FIELD_MSISDN;
    default:
      return v1::INDEX_FIELD_UNSPECIFIED;
  }
}

}  // namespace

std::string KindToken(v1::EventKind kind) {
  return BigEndian(static_cast<uint64_t>(kind), 4);
}

std::string TimeToken(absl::Time time) {
  return BigEndian(
      static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixMicros(time), 0)), 8);
}

bool IsRedactedByErasure(v1::IndexField field) {
  return field == v1::INDEX_FIELD_EID || field == v1::INDEX_FIELD_ICCID ||
         field == v1::INDEX_FIELD_MSISDN;
}

std::vector<EntryToken> TokensOf(const v1::Event& event) {
  std::vector<EntryToken> tokens;
  const std::pair<v1::IndexField, const std::string*> texts[] = {
      {v1::INDEX_FIELD_SHOP, &event.shop()},
      {v1::INDEX_FIELD_TERMINAL, &event.terminal()},
      {v1::INDEX_FIELD_CLERK, &event.clerk()},
      {v1::INDEX_FIELD_SESSION, &event.session()},
      {v1::INDEX_FIELD_ORDER, &event.order()},
      {v1::INDEX_FIELD_PERSON, &event.person_id()},
  };
  for (const auto& [field, text] : texts) {
    if (!text->empty()) tokens.push_back({field, *text});
  }
  for (const v1::Pseudonym& pseudonym : event.pseudonyms()) {
    const v1::IndexField field = FieldOf(pseudonym.field());
    if (field == v1::INDEX_FIELD_UNSPECIFIED) continue;
    tokens.push_back({field, pseudonym.value()});
  }
  tokens.push_back({v1::INDEX_FIELD_KIND, KindToken(event.kind())});
  tokens.push_back({v1::INDEX_FIELD_TIME, TimeToken(FromProto(event.time()))});
  std::sort(tokens.begin(), tokens.end(),
            [](const EntryToken& a, const EntryToken& b) {
              return a.field < b.field;
            });
  return tokens;
}

}  // namespace shiming::ledger
