#include "ledger/entry.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "common/crypto/commitment.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "ledger/hasher.h"
#include "ledger/tiles.h"

namespace shiming::ledger {
namespace {

absl::Status Malformed(std::string_view why) {
  return MakeError(Reason::LEDGER_MALFORMED_ENTRY, why);
}

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsSnakeCase(std::string_view text) {
  return !text.empty() && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLowerOrDigit(c) || c == '_'; });
}

// "<kind>/<id>", the id of [A-Za-z0-9_/.-].
bool IsAggregate(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > kMaxAggregateLength) {
    return false;
  }
  const std::string_view id = text.substr(slash + 1);
  return IsSnakeCase(text.substr(0, slash)) && !id.empty() &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '_' ||
                  c == '/' || c == '.' || c == '-';
         });
}

bool IsPrintable(std::string_view text, size_t max_length) {
  return text.size() <= max_length &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~'; });
}

absl::Status CheckTime(const v1::Event& event) {
  // Last second of the year 9999, as google.protobuf.Timestamp allows.
  constexpr int64_t kMaxSeconds = 253402300799;
  if (!event.has_time() || event.time().seconds() <= 0 ||
      event.time().seconds() > kMaxSeconds || event.time().nanos() < 0 ||
      event.time().nanos() > 999999999) {
    return Malformed("time is absent or out of range");
  }
  return absl::OkStatus();
}

bool IsSame(const v1::EventId& a, const v1::EventId& b) {
  return a.version() == b.version() && a.source() == b.source() &&
         a.aggregate() == b.aggregate();
}

absl::Status CheckAfter(const v1::Event& event) {
  if (event.after_size() > kMaxAfter) return Malformed("too many in after");
  for (int i = 0; i < event.after_size(); ++i) {
    const v1::EventId& id = event.after(i);
    RETURN_IF_ERROR(CheckEventId(id));
    bool twice = IsSame(id, event.id());
    for (int j = 0; j < i; ++j) twice = twice || IsSame(id, event.after(j));
    if (twice) return Malformed("after names an event twice or itself");
  }
  return absl::OkStatus();
}

absl::Status CheckPlainFields(const v1::Event& event) {
  const std::string* const plain[] = {
      &event.shop(),           &event.terminal(),       &event.display(),
      &event.clerk(),          &event.shift(),          &event.session(),
      &event.order(),          &event.verification(),   &event.admin(),
      &event.policy_version(), &event.refused_reason(), &event.trace_id(),
      &event.person_id()};
  for (const std::string* field : plain) {
    if (!IsPrintable(*field, kMaxPlainLength)) {
      return Malformed("a text field is too long or not printable ASCII");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckHiddenFields(const v1::Event& event) {
  uint64_t pseudonyms = 0;  // a bit for each field seen
  for (const v1::Pseudonym& pseudonym : event.pseudonyms()) {
    if (pseudonym.field() == v1::PSEUDONYM_FIELD_UNSPECIFIED ||
        !v1::PseudonymField_IsValid(pseudonym.field()) ||
        pseudonym.value().size() != kHashSize ||
        (pseudonyms >> pseudonym.field() & 1) != 0) {
      return Malformed("malformed pseudonym");
    }
    pseudonyms |= uint64_t{1} << pseudonym.field();
  }
  uint64_t commitments = 0;
  for (const v1::Commitment& commitment : event.commitments()) {
    if (LabelOf(commitment.field()).empty() ||
        commitment.sha256().size() != kHashSize ||
        (commitments >> commitment.field() & 1) != 0) {
      return Malformed("malformed commitment");
    }
    commitments |= uint64_t{1} << commitment.field();
  }
  return absl::OkStatus();
}

template <typename Message>
bool HasUnknown(const Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// At any depth. Walking over all fields by reflection would do it for any
// message, and cost more than all other checks of an entry together; a test
// holds this against the descriptor.
bool HasUnknownFields(const v1::Event& event) {
  const auto any = [](const auto& messages) {
    for (const auto& message : messages) {
      if (HasUnknown(message)) return true;
    }
    return false;
  };
  if (HasUnknown(event) || HasUnknown(event.id()) || HasUnknown(event.time()) ||
      any(event.after()) || any(event.pseudonyms()) ||
      any(event.commitments())) {
    return true;
  }
  switch (event.details_case()) {
    case v1::Event::kIdentity:
      return HasUnknown(event.identity());
    case v1::Event::kOrderDetails:
      return HasUnknown(event.order_details()) ||
             HasUnknown(event.order_details().code_expire_time());
    case v1::Event::kAdminDetails:
      return HasUnknown(event.admin_details());
    case v1::Event::kInventory:
      return HasUnknown(event.inventory());
    case v1::Event::kAuditRead:
      return HasUnknown(event.audit_read());
    case v1::Event::kIndexSealed:
      return HasUnknown(event.index_sealed()) ||
             any(event.index_sealed().roots());
    case v1::Event::kErasure:
      return HasUnknown(event.erasure());
    case v1::Event::kPredecessor:
      return HasUnknown(event.predecessor());
    case v1::Event::kRepair:
      return HasUnknown(event.repair());
    case v1::Event::DETAILS_NOT_SET:
      return false;
  }
  return true;
}

// Into a string of the right size already.
void SerializeInto(const v1::Event& event, std::string* bytes) {
  google::protobuf::io::ArrayOutputStream sink(bytes->data(),
                                               static_cast<int>(bytes->size()));
  google::protobuf::io::CodedOutputStream out(&sink);
  out.SetSerializationDeterministic(true);
  event.SerializeWithCachedSizes(&out);
}

bool IsSerialisationOf(const v1::Event& event, std::string_view bytes) {
  if (event.ByteSizeLong() != bytes.size()) return false;
  thread_local std::string buffer;
  buffer.resize(bytes.size());
  SerializeInto(event, &buffer);
  return buffer == bytes;
}

}  // namespace

std::string SerializeEvent(const v1::Event& event) {
  std::string bytes(event.ByteSizeLong(), '\0');
  SerializeInto(event, &bytes);
  return bytes;
}

absl::StatusOr<v1::Event> ParseEntry(std::string_view bytes) {
  v1::Event event;
  RETURN_IF_ERROR(ParseEntry(bytes, &event));
  return event;
}

absl::Status ParseEntry(std::string_view bytes, v1::Event* event) {
  if (bytes.size() > kMaxEntrySize) return Malformed("entry is too large");
  if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Malformed("entry is no Event");
  }
  if (HasUnknownFields(*event) || !IsSerialisationOf(*event, bytes)) {
    return Malformed("entry is not the canonical serialisation of its event");
  }
  return CheckEvent(*event);
}

absl::Status CheckEvent(const v1::Event& event) {
  if (event.format() != kEntryFormat) return Malformed("unknown format");
  RETURN_IF_ERROR(CheckEventId(event.id()));
  if (!IsKnownKind(event.kind())) return Malformed("unknown kind");
  if (!IsPrintable(event.once_key(), kMaxOnceKeyLength)) {
    return Malformed("once_key is too long or not printable ASCII");
  }
  if (event.session_end() != v1::SESSION_END_UNSPECIFIED &&
      !v1::SessionEnd_IsValid(event.session_end())) {
    return Malformed("unknown session_end");
  }
  RETURN_IF_ERROR(CheckTime(event));
  RETURN_IF_ERROR(CheckAfter(event));
  RETURN_IF_ERROR(CheckPlainFields(event));
  if (event.has_predecessor() &&
      (event.predecessor().origin().empty() ||
       !IsPrintable(event.predecessor().origin(), kMaxPlainLength) ||
       event.predecessor().size() < 1 ||
       event.predecessor().root().size() != kHashSize)) {
    return Malformed("malformed predecessor");
  }
  return CheckHiddenFields(event);
}

absl::Status CheckEventId(const v1::EventId& id) {
  if (!IsSnakeCase(id.source()) || id.source().size() > kMaxPlainLength) {
    return Malformed("malformed source");
  }
  if (!IsAggregate(id.aggregate())) return Malformed("malformed aggregate");
  if (id.version() < 1) return Malformed("version is below 1");
  return absl::OkStatus();
}

std::string_view SourceOfKind(v1::EventKind kind) {
  switch (kind) {
    case v1::EVENT_KIND_LOG_OPENED:
    case v1::EVENT_KIND_AUDIT_READ:
    case v1::EVENT_KIND_LOG_FROZEN:
    case v1::EVENT_KIND_INDEX_SEALED:
      return "issuance_ledger";
    case v1::EVENT_KIND_SHOP_PROPOSED:
    case v1::EVENT_KIND_SHOP_APPROVED:
    case v1::EVENT_KIND_SHOP_REVOKED:
    case v1::EVENT_KIND_TERMINAL_PROPOSED:
    case v1::EVENT_KIND_TERMINAL_APPROVED:
    case v1::EVENT_KIND_TERMINAL_REVOKED:
    case v1::EVENT_KIND_DISPLAY_PROPOSED:
    case v1::EVENT_KIND_DISPLAY_APPROVED:
    case v1::EVENT_KIND_DISPLAY_REVOKED:
    case v1::EVENT_KIND_CLERK_PROPOSED:
    case v1::EVENT_KIND_CLERK_APPROVED:
    case v1::EVENT_KIND_CLERK_REVOKED:
    case v1::EVENT_KIND_CLERK_LOCKED:
    case v1::EVENT_KIND_SHIFT_OPENED:
    case v1::EVENT_KIND_SHIFT_CLOSED:
    case v1::EVENT_KIND_SESSION_OPENED:
    case v1::EVENT_KIND_SESSION_CLOSED:
    case v1::EVENT_KIND_REVEAL_PERMITTED:
      return "terminal_session";
    case v1::EVENT_KIND_IDENTITY_VERIFIED:
    case v1::EVENT_KIND_IDENTITY_REFUSED:
    case v1::EVENT_KIND_PERSON_ERASED:
      return "identity_verification";
    case v1::EVENT_KIND_ORDER_PLACED:
    case v1::EVENT_KIND_ORDER_READY:
    case v1::EVENT_KIND_CODE_REVEALED:
    case v1::EVENT_KIND_DOWNLOAD_PROGRESS:
    case v1::EVENT_KIND_PROFILE_INSTALLED:
    case v1::EVENT_KIND_ORDER_CLOSED:
    case v1::EVENT_KIND_ORDER_CANCELLED:
    case v1::EVENT_KIND_ORDER_EXPIRED:
    case v1::EVENT_KIND_ORDER_FAILED:
    case v1::EVENT_KIND_ORDER_FROZEN:
    case v1::EVENT_KIND_ALARM:
    case v1::EVENT_KIND_INVENTORY_IMPORTED:
    case v1::EVENT_KIND_RECONCILED:
      return "profile_order";
    default:
      return "";
  }
}

bool IsKnownKind(v1::EventKind kind) {
  return kind == v1::EVENT_KIND_DATABASE_REPAIRED ||
         !SourceOfKind(kind).empty();
}

bool MayWrite(std::string_view source, v1::EventKind kind) {
  if (kind == v1::EVENT_KIND_DATABASE_REPAIRED) {
    return source == "terminal_session" || source == "identity_verification" ||
           source == "profile_order";
  }
  const std::string_view owner = SourceOfKind(kind);
  return !owner.empty() && owner == source;
}

std::string EventIdText(const v1::EventId& id) {
  return absl::StrCat(id.source(), ":", id.aggregate(), ":", id.version());
}

std::string_view LabelOf(v1::CommitmentField field) {
  switch (field) {
    case v1::COMMITMENT_FIELD_CARD_BLOCK:
      return crypto::kCardBlockLabel;
    case v1::COMMITMENT_FIELD_DEVICE:
      return crypto::kDeviceLabel;
    case v1::COMMITMENT_FIELD_ACTIVATION_CODE:
      return "shiming/activation-code/v1";
    case v1::COMMITMENT_FIELD_CONSENT:
      return "shiming/consent/v1";
    case v1::COMMITMENT_FIELD_PSEUDONYM_KEY:
      return "shiming/pseudonym-key/v1";
    default:
      return "";
  }
}

absl::Status CheckOpenings(const v1::Event& event,
                           std::span<const v1::CommitmentOpening> openings) {
  for (const v1::CommitmentOpening& opening : openings) {
    const auto& all = event.commitments();
    const auto commitment = std::find_if(
        all.begin(), all.end(),
        [&](const v1::Commitment& c) { return c.field() == opening.field(); });
    if (commitment == all.end()) {
      return MakeError(Reason::LEDGER_OPENING_INVALID,
                       "the entry has no commitment of that field");
    }
    if (!crypto::OpensCommitment(commitment->sha256(), LabelOf(opening.field()),
                                 opening.salt(), opening.value())) {
      return MakeError(Reason::LEDGER_OPENING_INVALID,
                       "the opening does not give the commitment");
    }
  }
  return absl::OkStatus();
}

}  // namespace shiming::ledger
