#include "common/rpc/grpc_status.h"

#include <array>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/status/reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace shiming::rpc {
namespace {

std::string Text(std::string_view text) { return std::string(text); }

void AddDetails(const ReasonInfo& info, std::string_view message,
                const ErrorParts& parts, google::rpc::Status& out) {
  google::rpc::ErrorInfo error_info;
  error_info.set_reason(Text(info.name));
  error_info.set_domain(Text(kErrorDomain));
  for (const auto& [key, value] : parts.metadata) {
    (*error_info.mutable_metadata())[key] = value;
  }
  out.add_details()->PackFrom(error_info);

  google::rpc::LocalizedMessage localized;
  localized.set_locale("zh-CN");
  localized.set_message(Text(info.zh));
  out.add_details()->PackFrom(localized);
  localized.set_locale("en");
  localized.set_message(Text(info.en));
  out.add_details()->PackFrom(localized);

  if (!parts.field.empty()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(parts.field);
    violation->set_description(Text(message));
    violation->set_reason(Text(info.name));
    out.add_details()->PackFrom(bad_request);
  }
  if (parts.retry_delay.has_value()) {
    google::rpc::RetryInfo retry_info;
    absl::Duration rest;
    retry_info.mutable_retry_delay()->set_seconds(
        absl::IDivDuration(*parts.retry_delay, absl::Seconds(1), &rest));
    retry_info.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
    out.add_details()->PackFrom(retry_info);
  }
}

// The reason that `details` carry, if it is one of ours.
std::optional<Reason> ReadDetails(const google::rpc::Status& details,
                                  ErrorParts& parts) {
  std::optional<Reason> reason;
  for (const google::protobuf::Any& any : details.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info)) {
      if (info.domain() != kErrorDomain) continue;
      reason = ReasonByName(info.reason());
      for (const auto& [key, value] : info.metadata()) {
        parts.metadata[key] = value;
      }
    } else if (google::rpc::BadRequest bad; any.UnpackTo(&bad)) {
      if (bad.field_violations_size() > 0) {
        parts.field = bad.field_violations(0).field();
      }
    } else if (google::rpc::RetryInfo retry; any.UnpackTo(&retry)) {
      parts.retry_delay = absl::Seconds(retry.retry_delay().seconds()) +
                          absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return reason;
}

// The reason for a status that gRPC, not a handler, made.
std::optional<Reason> ReasonOfTransport(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return Reason::DEPENDENCY_UNAVAILABLE;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Reason::CALL_TIMED_OUT;
    case grpc::StatusCode::CANCELLED:
      return Reason::CALL_CANCELLED;
    case grpc::StatusCode::UNIMPLEMENTED:
      return Reason::METHOD_NOT_SERVED;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      // gRPC's own wording for its hard limit, both directions.
      if (status.error_message().find("larger than max") != std::string::npos) {
        return Reason::MESSAGE_TOO_LARGE;
      }
      return Reason::OVERLOADED;
    default:
      return std::nullopt;
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::optional<Reason> reason = ReasonOf(status);
  if (!reason.has_value()) {
    return ToGrpcStatus(MakeError(Reason::INTERNAL_ERROR, "internal error"));
  }
  const ReasonInfo& info = InfoOf(*reason);
  const std::string message(status.message());
  google::rpc::Status details;
  details.set_code(static_cast<int>(info.code));
  details.set_message(message);
  AddDetails(info, message, PartsOf(status), details);
  // absl's codes are gRPC's codes, number by number.
  return grpc::Status(static_cast<grpc::StatusCode>(info.code), message,
                      details.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  ErrorParts parts;
  std::optional<Reason> reason;
  google::rpc::Status details;
  const bool has_details = !status.error_details().empty() &&
                           details.ParseFromString(status.error_details());
  if (has_details) reason = ReadDetails(details, parts);
  if (!has_details || details.details_size() == 0) {
    reason = ReasonOfTransport(status);
  }
  if (reason.has_value()) {
    return MakeError(*reason, status.error_message(), parts);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

std::string_view CodeName(grpc::StatusCode code) {
  static constexpr std::array<std::string_view, 17> kNames = {
      "OK",
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
  };
  const size_t index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

}  // namespace shiming::rpc
