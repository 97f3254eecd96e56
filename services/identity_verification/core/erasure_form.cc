#include "services/identity_verification/core/erasure_form.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/evidence/signed_object.h"
#include "ledger/entry.h"
#include "services/identity_verification/core/identity_events.h"

namespace shiming::identity_verification {
namespace {

namespace v1 = identity::v1;

constexpr std::string_view kContentLabel = "shiming/erasure/v1";
constexpr size_t kDigestBytes = 32;
constexpr size_t kMaxCaseReference = 64;

absl::Status Required(std::string_view field) {
  return MakeError(Reason::FIELD_REQUIRED, "field is missing",
                   {.field = std::string(field)});
}

absl::Status Invalid(std::string_view field, std::string_view why) {
  return MakeError(Reason::INVALID_REQUEST, why, {.field = std::string(field)});
}

bool IsCaseReference(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' ||
           c == '/';
  });
}

absl::Status CheckContent(const v1::ErasureContent& content) {
  if (content.person_id().empty()) return Required("person_id");
  if (!IsId(content.person_id())) return Invalid("person_id", "no id");
  if (content.basis() == v1::ERASURE_BASIS_UNSPECIFIED) {
    return Required("basis");
  }
  if (!v1::ErasureBasis_IsValid(content.basis())) {
    return Invalid("basis", "no basis");
  }
  if (content.case_reference().empty()) return Required("case_reference");
  if (content.case_reference().size() > kMaxCaseReference) {
    return MakeError(Reason::FIELD_TOO_LONG, "case reference is too long",
                     {.field = "case_reference"});
  }
  if (!IsCaseReference(content.case_reference())) {
    return Invalid("case_reference", "has other than [0-9A-Za-z._/-]");
  }
  return absl::OkStatus();
}

// Names an event of an order, as an event may name it in `after`.
bool IsOrderEvent(const ledger::v1::EventId& id) {
  return ledger::CheckEventId(id).ok() && id.source() == "profile_order" &&
         id.aggregate().starts_with("order/");
}

// What may stand against an erasure in the eyes of profile_order.
bool IsRefusal(std::string_view reason) {
  return reason == NameOf(Reason::PERSON_HAS_LIVE_NUMBERS) ||
         reason == NameOf(Reason::PERSON_HAS_OPEN_ORDERS) ||
         reason == NameOf(Reason::RETENTION_NOT_OVER);
}

}  // namespace

absl::Status CheckForm(const v1::ProposeErasureRequest& request) {
  RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (!request.has_content()) return Required("content");
  return Under("content", CheckContent(request.content()));
}

absl::Status CheckForm(const v1::ApproveErasureRequest& request) {
  RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (request.digest().empty()) return Required("digest");
  return ParseDigest(request.digest()).status();
}

absl::Status CheckForm(const v1::ListErasuresRequest& request) {
  if (request.page_size() < 0 || request.page_size() > kMaxErasurePage) {
    return Invalid("page_size", "not 0 to 200");
  }
  if (!request.page_token().empty() && !IsId(request.page_token())) {
    return Invalid("page_token", "no token of a page before");
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const v1::ReportErasureTaskRequest& request) {
  if (request.task_number() <= 0) return Required("task_number");
  if (!request.refused_reason().empty() &&
      !IsRefusal(request.refused_reason())) {
    return Invalid("refused_reason", "no reason against an erasure");
  }
  if (request.last_events_size() > kMaxLastEvents) {
    return Invalid("last_events", "too many");
  }
  std::set<std::string> seen;
  for (const ledger::v1::EventId& id : request.last_events()) {
    if (!IsOrderEvent(id) || !seen.insert(ledger::EventIdText(id)).second) {
      return Invalid("last_events", "no events of orders, each once");
    }
  }
  return absl::OkStatus();
}

std::string DigestOf(const v1::ErasureContent& content) {
  // Fields of a newer client would be approved unseen.
  v1::ErasureContent known = content;
  known.DiscardUnknownFields();
  return crypto::Sha256(identity::SignedBytes(kContentLabel, known));
}

absl::StatusOr<std::string> ParseDigest(const std::string& hex) {
  const absl::StatusOr<std::string> digest = crypto::FromHex(hex);
  if (!digest.ok() || digest->size() != kDigestBytes) {
    return Invalid("digest", "no SHA-256 in hex");
  }
  return *digest;
}

v1::Erasure ViewOf(const ErasureRecord& record) {
  v1::Erasure erasure;
  *erasure.mutable_content() = record.content;
  erasure.set_state(record.state);
  erasure.set_digest(crypto::ToHex(record.digest));
  erasure.set_proposed_by(record.proposed_by);
  erasure.set_approved_by(record.approved_by);
  erasure.set_refused_reason(record.refused_reason);
  if (record.retain_until.has_value()) {
    *erasure.mutable_retain_until() = ToProto(*record.retain_until);
  }
  if (record.erase_time.has_value()) {
    *erasure.mutable_erase_time() = ToProto(*record.erase_time);
  }
  erasure.set_last_backup_day(record.last_backup_day);
  if (record.state == v1::ERASURE_STATE_ERASED) {
    *erasure.mutable_event_id() =
        PersonErasedEventId(record.content.person_id());
  }
  return erasure;
}

}  // namespace shiming::identity_verification
