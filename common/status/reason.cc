#include "common/status/reason.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace shiming {
namespace {

// Payload keys of absl::Status; values are plain text.
constexpr char kReasonUrl[] = "shiming/reason";
constexpr char kFieldUrl[] = "shiming/field";
constexpr char kRetryUrl[] = "shiming/retry_delay_ns";
constexpr char kMetadataPrefix[] = "shiming/metadata/";

}  // namespace

const std::vector<ReasonInfo>& AllReasons() {
  static const auto& all = *new std::vector<ReasonInfo>{
#define REASON(name, code, zh, en) \
  {Reason::name, #name, absl::StatusCode::code, zh, en},
#include "common/status/reasons.inc"
#undef REASON
  };
  return all;
}

const ReasonInfo& InfoOf(Reason reason) {
  return AllReasons()[static_cast<size_t>(reason)];
}

std::string_view NameOf(Reason reason) { return InfoOf(reason).name; }

std::optional<Reason> ReasonByName(std::string_view name) {
  for (const ReasonInfo& info : AllReasons()) {
    if (info.name == name) return info.reason;
  }
  return std::nullopt;
}

absl::Status MakeError(Reason reason, std::string_view message,
                       const ErrorParts& parts) {
  const ReasonInfo& info = InfoOf(reason);
  absl::Status status(info.code,
                      absl::string_view(message.data(), message.size()));
  status.SetPayload(kReasonUrl, absl::Cord(std::string(info.name)));
  if (!parts.field.empty()) {
    status.SetPayload(kFieldUrl, absl::Cord(parts.field));
  }
  if (parts.retry_delay.has_value()) {
    status.SetPayload(
        kRetryUrl,
        absl::Cord(absl::StrCat(absl::ToInt64Nanoseconds(*parts.retry_delay))));
  }
  for (const auto& [key, value] : parts.metadata) {
    status.SetPayload(absl::StrCat(kMetadataPrefix, key), absl::Cord(value));
  }
  return status;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  auto payload = status.GetPayload(kReasonUrl);
  if (!payload.has_value()) return std::nullopt;
  return ReasonByName(std::string(*payload));
}

bool HasReason(const absl::Status& status, Reason reason) {
  return ReasonOf(status) == reason;
}

ErrorParts PartsOf(const absl::Status& status) {
  ErrorParts parts;
  status.ForEachPayload(
      [&parts](absl::string_view url, const absl::Cord& value) {
        const std::string key(url);
        if (key == kFieldUrl) {
          parts.field = std::string(value);
        } else if (key == kRetryUrl) {
          parts.retry_delay = absl::Nanoseconds(std::stoll(std::string(value)));
        } else if (key.rfind(kMetadataPrefix, 0) == 0) {
          parts.metadata[key.substr(sizeof(kMetadataPrefix) - 1)] =
              std::string(value);
        }
      });
  return parts;
}

absl::Status Under(std::string_view parent_field, const absl::Status& status) {
  std::optional<Reason> reason = ReasonOf(status);
  if (status.ok() || !reason.has_value()) return status;
  ErrorParts parts = PartsOf(status);
  parts.field = parts.field.empty()
                    ? std::string(parent_field)
                    : absl::StrCat(std::string(parent_field), ".", parts.field);
  return MakeError(
      *reason,
      std::string_view(status.message().data(), status.message().size()),
      parts);
}

}  // namespace shiming
